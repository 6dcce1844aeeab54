"""Shipped measurements on a page: read, or replaced by the command that makes them."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from core.system.measurements import UNREADABLE

Measured = TypeVar("Measured")


def read_or_explain(
    read: Callable[[], Measured], what: str, command: str, verb: str = "trains"
) -> Measured | None:
    """What `read` returns; None, below the command, if the file is missing or damaged.

    what: in the plural, such as "trained models". verb: what the command does with them.
    """
    try:
        return read()
    except UNREADABLE:
        explain(what, command, verb)
        return None


def explain(what: str, command: str, verb: str = "computes") -> None:
    """The sentence on measurements that are missing, with the command that makes them."""
    st.info(f"The {what} are missing. The command `{command}` {verb} them.")
