"""The practice exam: a start, ten checks without help, its clock, and the result."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import streamlit as st

from core.study.exam import MINUTES, Item, Marked, draw_exam, mark, points
from core.study.grading.checks import Response, right_settings
from core.study.grading.numbers import draw
from core.study.grading.quantities import draw_quantity
from core.study.poll import right_answer
from core.study.progress import SEED, Answer
from core.study.question import Question
from core.study.tasks import Bug, Choice, Expression, Match, Number, Order, Quantity, Rubric
from dashboard.components import page
from dashboard.components.formula import formula
from dashboard.components.scrolling import scroll_into_view
from dashboard.study import exam_browser, faults, figures, study_state, tasks

_KEY = "exam"
FEW = 5  # questions without an answer that the clock names


def asked_for() -> bool:
    """Whether the link opens a practice exam."""
    return bool(st.query_params.get(_KEY))


def link() -> None:
    """The link to the exam of this seed."""
    page.marked_link("study", "Practice exam", "timer", {_KEY: study_state.progress().seed})


def show(questions: Mapping[str, Question]) -> None:
    """The exam of the link: before it begins, while it runs, or its result."""
    seed = st.query_params[_KEY]
    if not SEED.fullmatch(seed):
        st.title("Practice exam", anchor=False)
        page.show_error(
            ValueError(
                f"The link asks for the exam {seed[:20]!r}: a seed has 1 to 20 letters, digits or "
                "hyphens; take the link from Study."
            )
        )
        return
    items = draw_exam(questions, seed)
    page.page_header(
        "Practice exam",
        f"{len(items)} questions, {MINUTES} minutes. The same link always draws the same "
        "questions.",
    )
    if exam_browser.read(items, seed):
        _hand_in(items, seed)
    begun: datetime | None = st.session_state.get(f"exam-begun-{seed}")
    if f"exam-done-{seed}" in st.session_state:
        _result(questions, seed, st.session_state[f"exam-done-{seed}"])
    elif begun is None:
        _start(seed, len(items))
    else:
        _questions(questions, items, seed, begun + timedelta(minutes=MINUTES))
    exam_browser.write(items, seed)


def _start(seed: str, count: int) -> None:
    st.markdown(
        f"- You answer one part of each of {count} questions, drawn by the seed **{seed}**.\n"
        f"- You have **{MINUTES} minutes**. When they are over, your answers are graded.\n"
        "- There are no hints, and no replies until the end. The exam does not change what you "
        "have earned.\n"
        "- Your answers are stored in this browser: a reload keeps them, and the clock keeps "
        "running."
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Begin", type="primary", on_click=_begin, args=(seed,))
        following = f"{seed[:15]}-2" if not seed.isdecimal() else str(int(seed[:9]) + 1)
        page.marked_link("study", "Another exam", "shuffle", {_KEY: following})
        page.marked_link("study", "Back to the questions", "arrow_back", {})


def _begin(seed: str) -> None:
    st.session_state[f"exam-begun-{seed}"] = study_state.now()
    exam_browser.forget(again=False)


def _questions(
    questions: Mapping[str, Question], items: tuple[Item, ...], seed: str, end: datetime
) -> None:
    with st.container(key="exam-clock"):
        _clock(items, seed, end)
    for number, item in enumerate(items, 1):
        with st.container(border=True, key=f"exam-{number}"):
            question = questions[item.question]
            st.markdown(f"**{number} · {question.title}**")
            st.markdown(question.text)
            tasks.ask(item.task, exam_browser.field(seed, item), item.seed)
    st.button("Hand in", type="primary", on_click=_hand_in, args=(items, seed))


@st.fragment(run_every=15)
def _clock(items: tuple[Item, ...], seed: str, end: datetime) -> None:
    """The minutes that are left and how much is answered, always in view; at the end what has been
    answered is handed in."""
    left = (end - study_state.now()).total_seconds()
    if left <= 0:
        _hand_in(items, seed)
        st.rerun()
    minutes = max(1, round(left / 60))
    unit = "minute" if minutes == 1 else "minutes"
    st.markdown(f":material/timer: **{minutes} {unit} left** · {_answered(items, seed)}")


def _answered(items: tuple[Item, ...], seed: str) -> str:
    """How many are answered; the numbers of the last few that are not."""
    left = [
        str(number)
        for number, item in enumerate(items, 1)
        if tasks.given(item.task, exam_browser.field(seed, item)) is None
    ]
    count = f"{len(items) - len(left)} of {len(items)} answered"
    return f"{count}, not yet: {', '.join(left)}" if 0 < len(left) <= FEW else count


def _hand_in(items: tuple[Item, ...], seed: str) -> None:
    """Grade what is in the fields."""
    st.session_state[f"exam-given-{seed}"] = exam_browser.answers(items, seed)
    responses: dict[str, Response] = {}
    for item in items:
        answer = tasks.given(item.task, exam_browser.field(seed, item))
        if answer is not None:
            responses[item.question] = tasks.response(item.task, answer)
    st.session_state[f"exam-done-{seed}"] = mark(items, responses)


def _result(questions: Mapping[str, Question], seed: str, marked: tuple[Marked, ...]) -> None:
    scroll_into_view("exam-result", seed)
    right = sum(answer.grade is not None and answer.grade.correct for answer in marked)
    earned = f"{points(marked):.1f}".removesuffix(".0")
    st.header(f"{earned} of {len(marked)} points, {right} right", anchor=False)
    given: dict[str, Answer] = st.session_state.get(f"exam-given-{seed}", {})
    for number, answer in enumerate(marked, 1):
        item, question = answer.item, questions[answer.item.question]
        with st.container(border=True):
            st.markdown(f"**{number} · {question.title}**  \n{tasks.prompt(item.task, item.seed)}")
            if answer.grade is not None and item.question in given:
                tasks.show(item.task, given[item.question])
            if answer.grade is None:
                st.info("Not answered.", icon=":material/remove:")
            elif answer.grade.correct:
                st.success(formula(answer.grade.message), icon=":material/check_circle:")
            else:
                st.warning(formula(answer.grade.message), icon=":material/undo:")
            if isinstance(item.task, Rubric) and item.question in given:
                tasks.show_points(item.task, given[item.question].text, rubric=False)
            if answer.grade is None or not answer.grade.correct:
                if solution := _solution(item):
                    st.markdown(f"**Right:** {solution}")
                label = f"Work through {item.question}"
                page.marked_link("study", label, "arrow_forward", {"q": item.question})
    with st.container(horizontal=True, vertical_alignment="center"):
        items = [answer.item for answer in marked]
        st.button("Take it again", on_click=_forget, args=(seed, items))
        page.marked_link("study", "Back to the questions", "arrow_back", {})


def _forget(seed: str, items: list[Item]) -> None:
    for key in [key for key in st.session_state if str(key).startswith(f"exam-{seed}-")]:
        del st.session_state[key]
    for name in ("begun", "done", "given"):
        st.session_state.pop(f"exam-{name}-{seed}", None)
    exam_browser.forget(again=True)


def _solution(item: Item) -> str:
    """The right answer in words; "" for an essay, whose model answer is in its question."""
    match task := item.task:
        case Number():
            return formula(draw(task.variant, item.seed).worked)
        case Quantity():
            return formula(draw_quantity(task.variant, item.seed).task.worked)
        case Choice() | Expression():
            return formula(right_answer(task, item.seed)[0])
        case Bug():
            return formula(faults.right(task))
        case Match():
            return figures.text(right_settings(task, item.seed))
        case Order():
            return " → ".join(map(formula, task.items))
    return ""
