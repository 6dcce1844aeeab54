"""The four moves of a question: predict, experiment, check, model answer."""

from __future__ import annotations

import streamlit as st

from core.study import progress as done
from core.study.checks import grade
from core.study.measurements import MEASURES, fill, measured, record
from core.study.question import Choice, Expression, Question
from dashboard import components, study_state, study_tasks


def predict(question: Question) -> None:
    """Move 1: a prediction, kept as it was given and not graded yet."""
    progress = study_state.progress()
    kept = progress.record(question.id)
    st.subheader("1 · Predict", anchor=False)
    if kept.prediction:
        st.markdown(f"Your prediction: {study_tasks.formula(kept.prediction)}")
        return
    place = _place(question, "predict")
    with st.form(place):
        given = study_tasks.ask(question.predict, f"{place}-given", progress.task_seed(question.id))
        sent = st.form_submit_button("Keep my prediction", type="primary")
    if sent and given is None:
        st.warning("Choose or write something first: a guess is enough.")
    elif sent:
        text = given if isinstance(given, str) else " → ".join(given)
        study_state.keep(done.predict(progress, question.id, text))
        st.rerun()


def experiment(question: Question) -> None:
    """Move 2: the link to the lesson at the state that decides the question."""
    st.subheader("2 · Try it", anchor=False)
    tried = question.experiment
    st.markdown(tried.say)
    components.lesson_link(tried.page, f"Open: {tried.label}", **tried.state, back=question.id)
    st.caption("The lesson leads back here.")


def checks(question: Question) -> None:
    """Move 3: every check, graded as often as it is answered."""
    st.subheader("3 · Check", anchor=False)
    total = len(question.checks)
    for i, task in enumerate(question.checks):
        progress = study_state.progress()
        kept = progress.record(question.id)
        place = _place(question, f"check-{i}")
        said = study_state.verdict(place)
        if i in kept.passed or kept.done(total):
            right = i in kept.passed
            (st.success if right else st.info)(
                study_tasks.formula(said.message)
                if said
                else "Answered right."
                if right
                else "Left open.",
                icon=":material/check_circle:" if right else ":material/info:",
            )
            continue
        with st.container(border=True):
            seed = progress.task_seed(question.id)
            given = study_tasks.ask(task, f"{place}-given", seed)
            if st.button("Check my answer", key=f"{place}-send", type="primary"):
                said = grade(task, given if given is not None else "", seed)
                study_state.keep_verdict(place, said)
                if given is not None:  # an empty answer is no attempt
                    now = study_state.now()
                    study_state.keep(
                        done.attempt(progress, question.id, i, total, said.correct, now)
                    )
                st.rerun()
            if said is not None:
                st.warning(study_tasks.formula(said.message), icon=":material/undo:")
    kept = study_state.progress().record(question.id)
    if not kept.done(total) and kept.may_give_up(total):
        st.caption("You have tried each open check three times.")
        if st.button("Show me the answer", key=_place(question, "give-up")):
            study_state.keep(
                done.give_up(study_state.progress(), question.id, total, study_state.now())
            )
            st.rerun()


def answer(question: Question) -> None:
    """Move 4: the model answer. Only to be drawn once it is earned."""
    kept = study_state.progress().record(question.id)
    st.subheader("4 · Model answer", anchor=False)
    _compare(question, kept.prediction)
    st.markdown(question.answer.text)
    with st.container(key="loose"):
        st.markdown("**Where common notes are loose**")
        st.markdown(question.answer.loose)
    for sentence in question.answer.measured:
        _measured(sentence.name, sentence.text)
    components.show_source(*question.answer.code, label="Show the code")
    date = done.due_on(kept)
    if date is not None:
        st.caption(f"Due again on {date.date().isoformat()}, with fresh numbers.")
    if st.button("Work through it again, with fresh numbers", key=_place(question, "again")):
        study_state.keep(done.again(study_state.progress(), question.id))
        st.rerun()


def _compare(question: Question, prediction: str) -> None:
    task = question.predict
    if isinstance(task, (Choice, Expression)):
        said = grade(task, prediction, "")
        icon = ":material/check_circle:" if said.correct else ":material/undo:"
        predicted = study_tasks.formula(prediction)
        st.info(f"You predicted: {predicted}  \n{study_tasks.formula(said.message)}", icon=icon)


def _measured(name: str, text: str) -> None:
    """The sentence with the numbers of this machine; without them, the button that measures."""
    sentence = fill(text, measured())
    with st.container(border=True):
        if sentence is not None:
            st.markdown(study_tasks.formula(sentence))
            label = "Measure again"
        else:
            st.caption("This has not been measured on this machine yet.")
            label = MEASURES[name].label
        if st.button(label, key=f"measure-{name}", icon=":material/timer:"):
            with st.spinner("Measuring …"):
                _measure(name)
            st.rerun()


def _measure(name: str) -> None:
    try:
        import torch

        from core.study.measuring import measure

        torch.set_num_threads(1)
        record(name, measure(name))
    except (ValueError, OSError) as error:
        components.error_sentence(error)
        st.stop()


def _place(question: Question, part: str) -> str:
    round_number = study_state.progress().record(question.id).round
    return f"{question.id}-{round_number}-{part}"
