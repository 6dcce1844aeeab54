"""The end of every lesson: the study questions of its stop, and the lesson that follows."""

from __future__ import annotations

import streamlit as st

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
    stop, questions, progress = lessons.COURSE[at], study_state.questions(), study_state.progress()
    with st.container(border=True, key="page-end"):
        st.markdown(
            f"**Check what you know.** Stop {at + 1} of {len(lessons.COURSE)}: {stop.title}"
        )
        with st.container(horizontal=True):
            for number in (number for number in stop.earns if number in questions):
                question = questions[number]
                earned = progress.record(number).earned(len(question.checks))
                mark = " :material/check: earned" if earned else ""
                page.lesson_link("study", f"{number} · {question.title}{mark}", q=number)
        following = lessons.after(name)
        if following is None:
            st.markdown("This was the last lesson. **Which questions are still open?**")
            page.lesson_link("study", "Study: all questions")
        else:
            st.markdown(f"**Next:** {following.line}")
            page.lesson_link(following.name)
