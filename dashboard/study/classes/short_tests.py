"""The short tests of a class, where its lecturer has switched them on: before, after, later."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from core.study.gain.short_test import LESSONS, MOMENTS, correct_answers, short_test
from core.study.storage.classes import NamedClass, ShortTest
from dashboard import lessons, limits
from dashboard.components import page
from dashboard.components.formula import formula
from dashboard.study.room import classes

WEEK = 7 * 24 * 3600  # seconds
KEPT = (
    "Your class measures whether its lessons help: there is a short test before a lesson, after it "
    "and one week later. Each asks for three numbers, with new values every time. The number of "
    "your right answers is stored without your name and is not linked to what you hand in. You may "
    "skip any test."
)


def next_moment(lesson: str, tests: Sequence[ShortTest], now: float) -> tuple[int | None, str]:
    """The index in MOMENTS of the test that is open, None if there is none, and that in words."""
    done = {test.moment: test for test in tests if test.lesson == lesson}
    for moment in (0, 1):
        if moment not in done:
            return moment, MOMENTS[moment]
    if 2 in done:
        return None, "all three tests taken"
    opens = done[1].at + WEEK
    if now < opens:
        return None, f"the last test opens on {datetime.fromtimestamp(opens, UTC).date()}"
    return 2, MOMENTS[2]


def choose(own_class: NamedClass, tests: Sequence[ShortTest]) -> None:
    """A link to the next test of every lesson."""
    st.markdown(KEPT)
    for lesson in LESSONS:
        moment, words = next_moment(lesson, tests, time.time())
        title = lessons.by_name(lesson).title
        if moment is None:
            st.caption(f"{title} · {words}")
        else:
            _link(own_class, lesson, f"**{title}** · {words}")


def due(own_class: NamedClass, tests: Sequence[ShortTest]) -> None:
    """The tests a week later that are due, as part of what is to be reviewed."""
    for lesson in LESSONS:
        if next_moment(lesson, tests, time.time())[0] == 2:
            title = lessons.by_name(lesson).title
            _link(own_class, lesson, f"Due again: **{title}** · the short test a week later")


def _link(own_class: NamedClass, lesson: str, label: str) -> None:
    page.marked_link("study", label, "trending_up", {"class": own_class.code, "test": lesson})


def show(own_class: NamedClass, token: str, tests: Sequence[ShortTest], lesson: str) -> None:
    """The open test of a lesson as a form; one sentence where none is open."""
    moment, words = next_moment(lesson, tests, time.time())
    title = lessons.by_name(lesson).title if lesson in LESSONS else lesson[:20]
    page.page_header(
        f"Short test: {page.escape(title)}",
        "Three numbers, asked before the lesson, after it and one week later.",
    )
    if tests and (last := max(tests, key=lambda test: test.at)).lesson == lesson:
        st.success(f"{last.correct} of {last.items} right in the test {MOMENTS[last.moment]}.")
    if not own_class.tests:
        st.info("The short tests of this class are switched off.")
    elif moment is None:
        st.info(f"{words[0].upper()}{words[1:]}.")
    elif token:
        _form(own_class, token, lesson, moment)
    st.caption(KEPT)
    with st.container(horizontal=True):
        page.marked_link("study", "Back to the questions", "arrow_back", {"class": own_class.code})
        if moment == 1 and lesson in LESSONS:
            page.lesson_link(lesson)


def _form(own_class: NamedClass, token: str, lesson: str, moment: int) -> None:
    tasks = short_test(lesson, token, moment)
    st.markdown(f"**The test {MOMENTS[moment]}:** write a number, or leave it empty.")
    with st.form(f"short-test-{lesson}-{moment}"):
        answers = [
            st.text_input(formula(task.prompt), max_chars=40, key=f"test-{lesson}-{moment}-{i}")
            for i, task in enumerate(tasks)
        ]
        if st.form_submit_button("Send", type="primary"):
            with limits.within(limits.HAND_INS):
                correct = correct_answers(tasks, answers)
                classes().take_test(own_class.code, token, lesson, moment, correct, len(tasks))
            st.rerun()
