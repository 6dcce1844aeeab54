"""Home's picture of the course: its stops, what is earned at each, and where to go on."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from core.study.progress import StudyProgress
from core.study.question import Question
from core.study.unit import unit
from dashboard import lessons
from dashboard.components import page
from dashboard.course import last_lesson
from dashboard.models import network_cards
from dashboard.study import progress_browser, study_state

# For each stop its drawing, and the controls that open the same drawing in its first lesson.
DRAWINGS: tuple[tuple[str, dict[str, str]], ...] = (
    ("rnn", {"section": "Network"}),
    ("gpt", {"network": "true"}),
    ("positions", {}),
    ("vit", {"network": "true", "model": "vit-shapes-plain"}),
    ("maps", {}),
    ("cache", {}),
    ("train", {}),
)


def show() -> None:
    """Where to begin or go on, and a card for each stop, which opens its lesson."""
    progress_browser.read()
    progress, questions = study_state.progress(), study_state.questions()
    here = where(progress, questions, last_lesson.last())
    _begin(here, bool(progress.records))
    cards = [_card(i, progress, questions, here) for i in range(len(lessons.COURSE))]
    cards.append(_study_card(progress, questions))
    clicked = network_cards.show(cards)
    if clicked is not None:
        name, query = _target(clicked)
        st.switch_page(lessons.by_name(name).path, query_params=query)
    progress_browser.write()


def where(progress: StudyProgress, questions: dict[str, Question], last: str) -> str:
    """The lesson to open: the last one, or the next stop's if its stop is earned already."""
    for i in range(lessons.stop_of(last) or 0, len(lessons.COURSE)):
        stop = lessons.COURSE[i]
        if earned(i, progress, questions) < len(stop.earns):
            return last if last in stop.lessons else stop.lessons[0]
    return last or lessons.COURSE[0].lessons[0]


def earned(stop: int, progress: StudyProgress, questions: dict[str, Question]) -> int:
    """How many questions of that stop are earned."""
    numbers = lessons.COURSE[stop].earns
    return sum(
        progress.record(n).earned(len(questions[n].checks)) for n in numbers if n in questions
    )


def _begin(here: str, started: bool) -> None:
    lesson = lessons.by_name(here)
    at = lessons.stop_of(here) or 0
    first = here == lessons.COURSE[0].lessons[0] and not started
    hours = sum(stop.minutes for stop in lessons.COURSE) / 60
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        verb = "Begin with stop" if first else "Continue with stop"
        label = f"{verb} {at + 1}: {lesson.title}"
        if st.button(label, type="primary", icon=":material/play_arrow:"):
            st.switch_page(lesson.path, query_params=DRAWINGS[at][1] if first else None)
        st.markdown(
            f"{len(lessons.COURSE)} stops, about {hours:.0f} hours. Each ends with questions to "
            "answer.",
            width="stretch",
        )


def _card(
    i: int, progress: StudyProgress, questions: dict[str, Question], here: str
) -> dict[str, object]:
    stop, (kind, query) = lessons.COURSE[i], DRAWINGS[i]
    count, done = len(stop.earns), earned(i, progress, questions)
    name = stop.lessons[0]
    return {
        "kind": kind,
        "title": f"{i + 1} · {stop.title}",
        "line": stop.question,
        "meta": f"{stop.minutes} min · {count} question{'s' if count > 1 else ''}"
        + (f" · {done} earned" if done else ""),
        "here": here in stop.lessons,
        "href": f"{name}?{urlencode(query)}" if query else name,
    }


def _study_card(progress: StudyProgress, questions: dict[str, Question]) -> dict[str, object]:
    done = [progress.record(n).earned(len(q.checks)) for n, q in questions.items()]
    return {
        "kind": "study",
        "title": "Study",
        "line": "All questions: predict, try it, check.",
        "meta": f"{sum(done)} of {len(done)} earned",
        "here": False,
        "href": "study",
        "done": done,
    }


def _target(kind: str) -> tuple[str, dict[str, str]]:
    for stop, (drawing, query) in zip(lessons.COURSE, DRAWINGS, strict=True):
        if drawing == kind:
            return stop.lessons[0], query
    return "study", {}


def lessons_by_stop() -> None:
    """Every lesson with its line, stop by stop."""
    st.header("All lessons", anchor=False)
    here = {lesson.name for lesson in lessons.available()}
    with st.container(key="all-lessons"):
        for first in range(0, len(lessons.COURSE), 2):
            for i, column in enumerate(st.columns(2), first):
                if i == len(lessons.COURSE):
                    with column.container(border=True, height="stretch"):
                        st.markdown("**At any time**")
                        page.lesson_link("study")
                        st.caption(lessons.by_name("study").line)
                        _lecture()
                    break
                stop = lessons.COURSE[i]
                with column.container(border=True, height="stretch"):
                    st.markdown(f"**{i + 1} · {stop.title}**")
                    for name in (name for name in stop.lessons if name in here):
                        page.lesson_link(name)
                        st.caption(lessons.by_name(name).line)


def _lecture() -> None:
    """The link to the lecture of the whole unit."""
    beats = unit()
    query: dict[str, str | int | float] = {"mode": "present", "unit": 1}
    page.marked_link(beats[0].lesson, "**Present the whole unit**", "co_present", query)
    st.caption(f"{len(beats)} beats in {beats[-1].end:.0f} minutes, for a lecture hall.")
