"""The lesson that was open last, kept in the browser, so that Home can lead back to it."""

from __future__ import annotations

import streamlit as st

from dashboard import lessons
from dashboard.components import browser_store

_STORE, _NAME = "last-lesson", "unrolled-last-lesson"
_LIMIT = 40  # characters

# A browser that stores nothing just does not remember it.
_JS = f"""
export default function ({{ data }}) {{
  try {{ localStorage.setItem("{_NAME}", data.lesson); }} catch {{ return; }}
}}
"""

_component = st.components.v2.component("unrolled_last_lesson", html="<span hidden></span>", js=_JS)


def remember(name: str) -> None:
    """Let the browser store the name of this lesson; nothing is reported back."""
    _component(key="remember-lesson", data={"lesson": name}, height="content")


def last() -> str:
    """The lesson that this browser opened last, "" if there is none or it is not known yet.

    The page runs again once the browser has told it.
    """
    browser_store.write(_STORE, _NAME, None, mark="", limit=_LIMIT)
    message = browser_store.read(_STORE)
    name = message.text if message is not None else ""
    return name if lessons.stop_of(name) is not None else ""
