"""Match figures to settings: the figures, a choice below each, and the answer in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from core.study.grading.checks import shown_figures
from core.study.kinds.pictures import SETS, bounds
from core.study.progress import Answer
from core.study.tasks import Match
from dashboard.components import page
from dashboard.components.formula import formula
from dashboard.figures.study.answers import small_curves

LETTERS = "ABCDEFGH"


def ask(task: Match, key: str, seed: str, on_change: Callable[[], None] | None) -> None:
    """The figures two in a row, in the order of the seed, each with a setting to choose."""
    st.markdown(task.prompt)
    pictures = SETS[task.figures]
    computed, shared = pictures.compute(), bounds(pictures)
    for position, i in enumerate(shown_figures(task, seed)):
        letter = LETTERS[position]
        if position % 2 == 0:  # a new row, so that a phone has them in their order
            columns = st.columns(2, gap="medium")
        with columns[position % 2]:
            page.show_figure(
                small_curves(computed[i], pictures.x, pictures.y, pictures.log, shared),
                title=f"Figure {letter}",
                description=formula(pictures.about),
                key=f"{key}-figure-{position}",
            )
            st.selectbox(
                f"Setting of figure {letter}", task.settings, index=None,
                placeholder="Choose its setting", key=f"{key}-{position}",
                label_visibility="collapsed", on_change=on_change,
            )  # fmt: skip


def selection(task: Match, key: str) -> tuple[str, ...]:
    """The setting chosen for each place, "" for none."""
    return tuple(st.session_state.get(f"{key}-{i}") or "" for i in range(len(task.settings)))


def restored(task: Match, key: str, lines: tuple[str, ...]) -> Mapping[str, object]:
    """The widgets' values for an earlier answer, as far as it fits the task."""
    return {f"{key}-{i}": text for i, text in enumerate(lines) if text in task.settings}


def show(task: Match, answer: Answer) -> None:
    """The answer in words."""
    st.markdown(f"**Your answer:** {text(answer.lines)}")


def text(settings: tuple[str, ...]) -> str:
    """A setting for each letter."""
    pairs = zip(LETTERS, settings, strict=False)
    return "; ".join(f"{letter}: {formula(setting)}" for letter, setting in pairs)
