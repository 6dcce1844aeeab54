"""The end of every lesson: its questions, the first of its stop, and the lesson that follows."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.study.question import Question
from dashboard import lessons, state
from dashboard.components import page
from dashboard.course import last_lesson
from dashboard.study import study_state


def show(name: str) -> None:
    """Draw the end of that lesson; Home, Study and the lecturer's view have none."""
    at = lessons.stop_of(name)
    if at is None or state.presenting():
        return
    last_lesson.remember(name)
    stop, questions = lessons.COURSE[at], study_state.questions()
    with st.container(border=True, key="page-end"):
        st.markdown(
            f"**Check what you know.** Stop {at + 1} of {len(lessons.COURSE)}: {stop.title}"
        )
        earns = [questions[number] for number in stop.earns if number in questions]
        here = [q for q in earns if q.experiment.page == name or q is earns[0]]
        _links(here)
        if others := [q for q in earns if q not in here]:
            with st.expander("More questions of this stop"):
                _links(others)
        following = lessons.after(name)
        if following is None:
            st.markdown("This was the last lesson. **Which questions are still open?**")
            page.lesson_link("study", "Study: all questions")
        else:
            st.markdown(f"**Next:** {following.line}")
            page.lesson_link(following.name)


def _links(questions: Sequence[Question]) -> None:
    """A link to each question, which says whether it is earned."""
    progress = study_state.progress()
    with st.container(horizontal=True):
        for question in questions:
            earned = progress.record(question.id).earned(len(question.checks))
            mark = " :material/check: earned" if earned else ""
            label = f"{question.id} · {question.title}{mark}"
            page.lesson_link("study", label, q=question.id)
