"""The student's progress and questions in the session."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from core.study.progress import SEED, StudyProgress, merge
from core.study.question import Question, own_folder, shipped

_PROGRESS, _OWN, _SHOWN = "study-progress", "study-own", "study-shown"
_SINCE = "study-since"
LONGEST_PAUSE = 600  # seconds between two answers that count as time on the question


def now() -> datetime:
    return datetime.now(UTC)


def progress() -> StudyProgress:
    """The progress of this session; a new one takes its seed from the link (`?seed=`)."""
    if _PROGRESS not in st.session_state:
        seed = st.query_params.get("seed", "1")
        st.session_state[_PROGRESS] = StudyProgress(seed if SEED.fullmatch(seed) else "1")
    stored: StudyProgress = st.session_state[_PROGRESS]
    return stored


def save_progress(changed: StudyProgress) -> None:
    st.session_state[_PROGRESS] = changed


def newly_opened(question: str) -> str:
    """`question` if the page showed another one before, else ""."""
    before = st.session_state.get(_SHOWN, question)
    st.session_state[_SHOWN] = question
    if before != question or _SINCE not in st.session_state:
        st.session_state[_SINCE] = now()
    return question if before != question else ""


def seconds_since_last() -> float:
    """Seconds since the question was opened or last answered, a longer pause as LONGEST_PAUSE."""
    since: datetime = st.session_state.get(_SINCE, now())
    st.session_state[_SINCE] = now()
    return min((now() - since).total_seconds(), float(LONGEST_PAUSE))


def add_progress(other: StudyProgress) -> None:
    """Merge `other` into the progress here; its seed is used unless the link has one."""
    mine = progress()
    seed = mine.seed if "seed" in st.query_params else other.seed
    save_progress(replace(merge(mine, other), seed=seed))


def set_seed(seed: str) -> None:
    """Draw all numbers from another seed and put it into the link. Errors: ValueError."""
    if not SEED.fullmatch(seed):
        raise ValueError(
            f"The seed {seed[:20]!r} cannot be used: write 1 to 20 letters A–Z, digits or hyphens."
        )
    save_progress(replace(progress(), seed=seed))
    st.query_params["seed"] = seed


def questions() -> dict[str, Question]:
    """The course's questions, then those in the folder UNROLLED_QUESTIONS and uploaded ones."""
    return {**shipped(), **_folder()[0], **st.session_state.get(_OWN, ({}, []))[0]}


def own_errors() -> list[str]:
    """One sentence for each file of own questions that could not be read."""
    return [*_folder()[1], *st.session_state.get(_OWN, ({}, []))[1]]


def set_own_questions(questions: dict[str, Question], errors: list[str]) -> None:
    st.session_state[_OWN] = (questions, errors)


def _folder() -> tuple[dict[str, Question], list[str]]:
    folder = os.environ.get("UNROLLED_QUESTIONS")
    return own_folder(Path(folder).expanduser()) if folder else ({}, [])
