"""The four moves of a question: predict, experiment, check, model answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from core.study.grading.checks import grade_answer, right_settings, tries
from core.study.measure.store import MEASUREMENTS, fill, load_measurements
from core.study.progress import (
    Answer,
    again,
    attempt,
    draft,
    due_date,
    give_up,
    predict as store_prediction,
    spend,
)
from core.study.question import Question
from core.study.tasks import Bug, Choice, Expression, Match, Rubric, Task
from dashboard import controls
from dashboard.components import page
from dashboard.components.formula import formula
from dashboard.components.scrolling import scroll_into_view
from dashboard.study import (
    claims,
    faults,
    figures,
    helps,
    progress_browser,
    question_list,
    study_state,
    tasks,
)


def predict(question: Question) -> None:
    """Move 1: the prediction, saved as it was typed and not graded yet."""
    progress = study_state.progress()
    record = progress.record(question.id)
    st.subheader("1 · Predict", anchor=False)
    if record.prediction:
        st.markdown(f"Your prediction: {tasks.written(question.predict, record.prediction)}")
        return
    key = _widget_key(question, "predict")
    with st.container(border=True, key="predict"):
        tasks.ask(question.predict, f"{key}-given", progress.task_seed(question.id))
        st.button(
            "Keep my prediction", key=key, type="primary", on_click=_keep, args=(question, key)
        )
    if st.session_state.pop(_empty(key), False):
        st.warning("Choose or write an answer first; a guess is enough.")


def _keep(question: Question, key: str) -> None:
    """Store the prediction. A click is handled before the page runs: no later event loses it."""
    response = tasks.given(question.predict, f"{key}-given")
    if response is None:
        st.session_state[_empty(key)] = True
        return
    text = response.text or " → ".join(response.lines)
    study_state.save_progress(store_prediction(study_state.progress(), question.id, text))


def experiment(question: Question) -> None:
    """Move 2: the link to the lesson in the state that answers the question."""
    st.subheader("2 · Try it", anchor=False)
    link = question.experiment
    st.markdown(link.say)
    figure = {"figure": link.figure} if link.figure else {}
    with st.container(key="experiment"):
        page.lesson_link(link.page, f"Open: {link.label}", **link.state, **figure, back=question.id)
    st.caption("A button in the lesson leads back here.")


def checks(question: Question) -> None:
    """Move 3: all checks; each can be answered again until it is right."""
    total = len(question.checks)
    record = study_state.progress().record(question.id)
    closed = (*record.passed, *record.missed)
    first = next((i for i in range(total) if i not in closed), None)
    turn = question.id if progress_browser.is_first_run() else ""
    if first == 0:  # students return here from the experiment
        scroll_into_view("checks-top", turn)
    st.subheader("3 · Check", anchor=False)
    helps.hints(question)
    for i, task in enumerate(question.checks):
        record = study_state.progress().record(question.id)
        if i in (*record.passed, *record.missed) or record.done(total):
            _answered(question, i)
        else:
            if i and i == first:
                scroll_into_view("checks-top", turn)
            with st.container(border=True, key=f"open-check-{i}"):
                _open(question, i, task)
    record = study_state.progress().record(question.id)
    if not record.done(total) and record.may_give_up(total):
        st.caption("You have tried each open check three times.")
        st.button(
            "Show me the answer",
            key=_widget_key(question, "give-up"),
            on_click=_give_up,
            args=(question,),
        )
    helps.objection(question)


def _give_up(question: Question) -> None:
    progress, total = study_state.progress(), len(question.checks)
    study_state.save_progress(give_up(progress, question.id, total, study_state.now()))


def _answered(question: Question, i: int) -> None:
    """A finished check: the task, the answer and its grade."""
    progress, task = study_state.progress(), question.checks[i]
    record = progress.record(question.id)
    right, sent = i in record.passed, record.sent.get(str(i))
    reply = "Answered correctly." if right else "Not answered."
    with st.container(border=True):
        if sent is not None:
            st.markdown(tasks.prompt(task, sent.seed))
            if isinstance(task, Bug):
                faults.compare(task)
            if not isinstance(task, Rubric):  # an essay stands beside the model answer
                tasks.show(task, sent)
            elif not record.done(len(question.checks)):
                tasks.show(task, sent)
                tasks.show_points(task, sent.text, rubric=False)
            grade = grade_answer(task, tasks.response(task, sent), sent.seed)
            if grade.correct or not right:  # what was earned under older rules stays earned
                reply = grade.message
        if isinstance(task, Choice) and not right:
            option = next(option for option in task.options if option.right)
            reply = f"{reply} The right answer: {option.text}. {option.reply}"
        if isinstance(task, Bug) and not right:
            reply = f"{reply} The right answer: {faults.right(task)}."
        if isinstance(task, Match) and not right and sent is not None:
            reply = f"{reply} The right answer: {figures.text(right_settings(task, sent.seed))}."
        icon = ":material/check_circle:" if right else ":material/info:"
        (st.success if right else st.info)(formula(reply), icon=icon)


def _open(question: Question, i: int, task: Task) -> None:
    """An open check; its fields are stored at every change."""
    progress = study_state.progress()
    record, seed = progress.record(question.id), progress.task_seed(question.id)
    key, sent = _widget_key(question, f"check-{i}"), record.sent.get(str(i))

    def typed(answer: Answer) -> None:
        latest = study_state.progress()
        study_state.save_progress(draft(latest, question.id, i, _stamped(answer, seed)))

    tasks.ask(task, f"{key}-given", seed, record.typed.get(str(i), sent), typed)
    if str(i) not in record.attempts:
        helps.confidence(f"{key}-sure")
    st.button(
        "Check my answer",
        key=f"{key}-send",
        type="primary",
        on_click=_check,
        args=(question, i, key, seed),
    )
    if st.session_state.pop(_empty(key), False):
        st.warning("There is no answer yet: write or choose one first.", icon=":material/undo:")
    elif sent is not None:
        grade = grade_answer(task, tasks.response(task, sent), sent.seed)
        left = (tries(task) or 0) - record.attempts.get(str(i), 0)
        more = f" You have {left} more {'try' if left == 1 else 'tries'}." if left > 0 else ""
        if isinstance(task, Rubric):
            more = " Add more and check again."
        st.warning(formula(grade.message + more), icon=":material/undo:")
        if isinstance(task, Rubric):
            tasks.show_points(task, sent.text, rubric=False)


def _check(question: Question, i: int, key: str, seed: str) -> None:
    """Grade what is in the fields of check i. An empty answer does not count as an attempt."""
    task = question.checks[i]
    response = tasks.given(task, f"{key}-given")
    if response is None:
        st.session_state[_empty(key)] = True
        return
    grade = grade_answer(task, tasks.response(task, response), seed)
    progress, total, now = study_state.progress(), len(question.checks), study_state.now()
    sent = _stamped(response, seed)
    sure = st.session_state.get(f"{key}-sure")
    progress = spend(progress, question.id, study_state.seconds_since_last())
    study_state.save_progress(
        attempt(progress, question.id, i, total, grade.correct, now, sent, tries(task), sure)
    )


def _stamped(answer: Answer, seed: str) -> Answer:
    return replace(answer, seed=seed, at=study_state.now().timestamp())


def _empty(key: str) -> str:
    """Where it is noted that an empty answer was sent, until the page has said so."""
    return f"{key}-empty"


def answer(question: Question) -> None:
    """Move 4: the model answer. Call only once it is earned."""
    record = study_state.progress().record(question.id)
    st.subheader("4 · Model answer", anchor=False)
    _compare(question, record.prediction)
    claims.show(question, record.prediction)
    essays = [
        (task, record.sent[str(i)])
        for i, task in enumerate(question.checks)
        if isinstance(task, Rubric) and str(i) in record.sent
    ]
    if essays:
        mine, model = st.columns(2, gap="large")
        for task, sent in essays:
            with mine:
                tasks.show(task, sent)
        with model:
            st.markdown("**Model answer:**")
            st.markdown(question.answer.text)
        for task, sent in essays:
            st.markdown("**What a good answer contains**")
            tasks.show_points(task, sent.text, rubric=True)
    else:
        st.markdown(question.answer.text)
    with st.container(key="loose"):
        st.markdown("**Where common notes are imprecise**")
        st.markdown(question.answer.loose)
    for sentence in question.answer.measured:
        _measured(sentence.name, sentence.text)
    page.show_source(*question.answer.code, label="Show the code")
    if not record.earned(len(question.checks)):
        st.info(
            "This question is not earned yet. Work through it again: the numbers and the order "
            "of the options will be different.",
            icon=":material/replay:",
        )
    elif record.hints:
        opened = "one hint was" if record.hints == 1 else f"{record.hints} hints were"
        st.caption(f"This question earned {record.worth:.0%}: {opened} opened.")
    date = due_date(record)
    if date is not None:
        st.caption(f"Due again on {date.date().isoformat()}, with new numbers.")
    st.button(
        "Work through it again, with new numbers",
        key=_widget_key(question, "again"),
        on_click=_again,
        args=(question,),
    )


def _again(question: Question) -> None:
    study_state.save_progress(again(study_state.progress(), question.id))


def next_question(question: Question, questions: Mapping[str, Question]) -> None:
    """The link to the next question that is not earned yet."""
    name = question_list.next_open(questions, after=question.id)
    if name is not None:
        label = f"Next question: {name} · {questions[name].title}"
        page.marked_link("study", label, "arrow_forward", {"q": name})
    elif study_state.progress().record(question.id).earned(len(question.checks)):
        st.success(
            f"You have earned all {len(questions)} questions.", icon=":material/celebration:"
        )


def _compare(question: Question, prediction: str) -> None:
    task = question.predict
    if isinstance(task, Choice) and prediction not in [option.text for option in task.options]:
        st.info(f"**Your prediction:** {formula(prediction)}")  # the question has changed since
    elif isinstance(task, (Choice, Expression)):
        grade = grade_answer(task, prediction, "")
        st.info(
            controls.prediction_graded(tasks.written(task, prediction), grade.correct)
            + formula(grade.message),
            icon=":material/check_circle:" if grade.correct else ":material/undo:",
        )


def _measured(name: str, text: str) -> None:
    """The sentence with the numbers of this machine, and the button that measures them."""
    sentence = fill(text, load_measurements())
    with st.container(border=True):
        if sentence is not None:
            st.markdown(formula(sentence))
            label = "Measure again"
        else:
            st.caption("This has not been measured on this machine yet.")
            label = MEASUREMENTS[name].label
        if st.button(label, key=f"measure-{name}", icon=":material/timer:"):
            with st.spinner("Measuring …"):
                claims.take(name)
            st.rerun()


def _widget_key(question: Question, part: str) -> str:
    round_number = study_state.progress().record(question.id).round
    return f"{question.id}-{round_number}-{part}"
