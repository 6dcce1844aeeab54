"""The foot of the menu: present this lesson, or download it as a notebook or script."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.study.handouts import export
from core.study.storyline import lessons as storyline_lessons
from dashboard import state
from dashboard.components import page


def show(lesson: str) -> None:
    """Draw it for the open lesson; nothing where there is neither a storyline nor a download."""
    stage, files = lesson in storyline_lessons(), lesson in export.exported()
    if not stage and not files:
        return
    with st.sidebar, st.container(key="take-away", gap="small"):
        st.caption("This lesson")
        if stage:
            page.lesson_link(lesson, "Present it", mode="present", beat=1)
        if files:
            now = state.settings(lesson)
            notebook = partial(export.notebook, lesson, now)
            _download("Notebook", notebook, f"{lesson}.ipynb", "application/x-ipynb+json")
            _download(
                "Script", partial(export.script, lesson, now), f"{lesson}.py", "text/x-python"
            )


def _download(label: str, make: Callable[[], str], name: str, mime: str) -> None:
    """One button; the file is made on the click."""
    st.download_button(
        label,
        lambda: make().encode(),
        f"unrolled-{name}",
        mime,
        key=f"take-{label}",
        on_click="ignore",
        icon=":material/download:",
        type="tertiary",
        help="The code runs outside the dashboard, with the present settings of this page.",
    )
