"""The student's progress and questions, as the session keeps them."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from core.study.progress import SEED, Progress, merge
from core.study.question import Question, own_folder, shipped

_PROGRESS, _OWN, _SHOWN = "study-progress", "study-own", "study-shown"


def now() -> datetime:
    return datetime.now(UTC)


def progress() -> Progress:
    """What this session has done; the seed in the link (`?seed=`) counts from the start."""
    if _PROGRESS not in st.session_state:
        seed = st.query_params.get("seed", "1")
        st.session_state[_PROGRESS] = Progress(seed if SEED.fullmatch(seed) else "1")
    kept: Progress = st.session_state[_PROGRESS]
    return kept


def keep(changed: Progress) -> None:
    st.session_state[_PROGRESS] = changed


def changed_to(question: str) -> str:
    """`question` when another one was on this page until now, else ""."""
    before = st.session_state.get(_SHOWN, question)
    st.session_state[_SHOWN] = question
    return question if before != question else ""


def add(other: Progress) -> None:
    """Unite what is here with `other`, whose seed counts where the link names none."""
    mine = progress()
    seed = mine.seed if "seed" in st.query_params else other.seed
    keep(replace(merge(mine, other), seed=seed))


def set_seed(seed: str) -> None:
    """Draw all numbers from another seed, and put it in the link. Errors: ValueError."""
    if not SEED.fullmatch(seed):
        raise ValueError(f"The seed {seed[:20]!r} cannot be used: take 1 to 20 of A–Z, 0–9 and -.")
    keep(replace(progress(), seed=seed))
    st.query_params["seed"] = seed


@st.cache_data(show_spinner=False)
def _shipped() -> dict[str, Question]:
    return shipped()


def questions() -> dict[str, Question]:
    """The course's questions, then those of the folder UNROLLED_QUESTIONS and uploaded ones."""
    return {**_shipped(), **_folder()[0], **st.session_state.get(_OWN, ({}, []))[0]}


def own_errors() -> list[str]:
    """One sentence for each own file that could not be read."""
    return [*_folder()[1], *st.session_state.get(_OWN, ({}, []))[1]]


def keep_own(questions: dict[str, Question], errors: list[str]) -> None:
    st.session_state[_OWN] = (questions, errors)


def _folder() -> tuple[dict[str, Question], list[str]]:
    folder = os.environ.get("UNROLLED_QUESTIONS")
    return own_folder(Path(folder).expanduser()) if folder else ({}, [])
