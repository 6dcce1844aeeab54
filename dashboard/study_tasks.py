"""A widget for each kind of task; each gives what was answered, or None as long as it is empty."""

from __future__ import annotations

import re

import streamlit as st

from core.study.checks import Given, shuffled
from core.study.numbers import draw
from core.study.options import shown_options
from core.study.question import Choice, Expression, Number, Order, Rubric, Task
from dashboard import components

ENOUGH_PROSE = 40  # characters written before the rubric is shown


_LETTER = re.compile(r"(?<![\w$])(W|[xhyφ])\\?_(\w+)(?:\^(\w+))?")


def formula(text: str, *, safe: bool = False) -> str:
    """Text as Markdown with the letters of the RNN set as formulas: W_h, x_1, φ_y, W_h^2.

    safe: the text is ours and may hold Markdown; else it shows exactly its own characters.
    """
    shown = text if safe else components.plain(text)
    return _LETTER.sub(lambda m: f"${m[1]}_{{{m[2]}}}{f'^{{{m[3]}}}' if m[3] else ''}$", shown)


def ask(task: Task, key: str, seed: str) -> Given | None:
    """Draw the task and read its answer."""
    match task:
        case Choice():
            texts = [option.text for option in shown_options(task, seed)]
            return st.radio(task.prompt, texts, index=None, format_func=formula, key=key)
        case Order():
            return _order(task, key, seed)
        case Number():
            return _line(
                draw(task.variant, seed).prompt, key, "Your number, with a unit if you like"
            )
        case Expression():
            return _line(task.prompt, key, "Your expression", code=True)
        case Rubric():
            return _rubric(task, key)


def _line(prompt: str, key: str, label: str, code: bool = False) -> str | None:
    st.markdown(prompt)
    typed = st.text_input(
        label,
        max_chars=2000,
        key=key,
        autocomplete="off",
        help="W_h or Wh, x_1 or x1, *, @ or a space, ^2 or ²: as you like." if code else None,
    )
    return typed or None


def _order(task: Order, key: str, seed: str) -> tuple[str, ...] | None:
    """The lines are taken one after the other; what is left to choose gets shorter."""
    mixed = shuffled(task.items, seed)
    st.markdown(task.prompt)
    for i, line in enumerate(mixed):
        st.markdown(f"{'ABCDEFGHIJKL'[i]}. {formula(line)}")
    letters = "ABCDEFGHIJKL"[: len(mixed)]
    placed = st.multiselect("The order, first line first", list(letters), key=key)
    return tuple(mixed[letters.index(letter)] for letter in placed) or None


def _rubric(task: Rubric, key: str) -> tuple[str, ...] | None:
    written = st.text_area(task.prompt, max_chars=5000, height=140, key=f"{key}-prose")
    if len(written.strip()) < ENOUGH_PROSE:
        st.caption("The rubric is shown once you have written a few sentences.")
        return None
    st.markdown("**Read your text again: which of these points does it make?**")
    return tuple(
        point for i, point in enumerate(task.points) if st.checkbox(point, key=f"{key}-{i}")
    )
