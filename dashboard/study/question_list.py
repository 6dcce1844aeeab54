"""The list of all questions, and which of them the page shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import streamlit as st

from core.study.progress import Record, due
from core.study.question import Question
from dashboard import controls, lessons, state
from dashboard.components import page
from dashboard.study import study_state

ALL = "All lessons"
_KEY, _SELECTED = "q", "study-question"
ROWS_SHOWN, ROW_HEIGHT = 5, 30  # of the list, so that a question is in view below it; pixels


def pick(questions: Mapping[str, Question]) -> str:
    """Draw the list; return the question of the link, or the one opened last, or the next to do.

    The list is open unless the link names a question.
    """
    names, asked = list(questions), st.query_params.get(_KEY)
    if asked in questions:
        st.session_state[_SELECTED] = asked
    elif asked is not None:
        st.info(
            f"The link asks for Question “{page.escape(asked[:60])}”, which does not exist here: "
            "another question is shown instead.",
            icon=":material/link_off:",
        )
    selected = str(st.session_state.get(_SELECTED))
    name = selected if selected in questions else next_open(questions) or names[0]
    state.offer(_KEY, names[0], names)
    st.session_state[_KEY] = name
    state.record(_KEY, name)
    # The open list of a link without a question closes as soon as one of its questions is opened.
    open_first = asked not in questions
    rows = st.expander(
        "All questions", open_first, key=f"all-questions-{'open' if open_first else 'closed'}",
        icon=":material/list:", on_change="rerun",
    )  # fmt: skip
    with rows:
        names = _of_lesson(questions)
        if rows.open:  # sixty links: not sent before the list is opened
            _list(names, questions)
    return name


def next_open(questions: Mapping[str, Question], after: str = "") -> str | None:
    """The first question that is not earned, beginning behind `after`; None if all are."""
    names, progress = list(questions), study_state.progress()
    start = names.index(after) + 1 if after in questions else 0
    for name in (*names[start:], *names[:start]):
        if name != after and not progress.record(name).earned(len(questions[name].checks)):
            return name
    return None


def _list(names: list[str], questions: Mapping[str, Question]) -> None:
    """A link to each of these questions: its mark, its title, and the lesson of its experiment."""
    progress = study_state.progress()
    again = due(progress, study_state.now())
    half = (len(names) + 1) // 2
    height: int | Literal["content"] = ROWS_SHOWN * ROW_HEIGHT if half > ROWS_SHOWN else "content"
    with st.container(key="question-rows", height=height, border=False):
        columns = st.columns(2, gap=None)
    for at, column in enumerate(columns):
        with column, st.container(key=f"questions-{at}", gap="xxsmall"):
            for name in names[at * half : (at + 1) * half]:
                question = questions[name]
                icon, mark = _mark(progress.record(name), len(question.checks), name in again)
                lesson = lessons.by_name(question.experiment.page).title
                label = f"**{name}** {question.title} :small[· {lesson}{mark}]"
                page.marked_link("study", label, icon, {"q": name})


def _of_lesson(questions: Mapping[str, Question]) -> list[str]:
    """The questions whose experiment is in the selected lesson; all while none is selected."""
    pages = {question.experiment.page for question in questions.values()}
    titles = {lesson.title: lesson.name for lesson in lessons.LESSONS if lesson.name in pages}
    title = controls.choice("Lesson", [ALL, *titles], key="lesson")
    page_name = titles.get(title)
    return [n for n, q in questions.items() if page_name in (None, q.experiment.page)]


def _mark(record: Record, checks: int, is_due: bool) -> tuple[str, str]:
    """How far a question is: an icon, and the same in words."""
    if record.earned(checks):
        part = f" {record.worth:.0%}" if record.hints else ""
        return ("event_repeat", ", due again") if is_due else ("check_circle", f", earned{part}")
    if record.done(checks):
        return "visibility", ", answer shown"
    if record.prediction:
        return "pending", ", started"
    return "radio_button_unchecked", ""
