"""Tables on a page, whose toolbar hands them out as CSV."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from core.system.spreadsheet import cell


def show(rows: Any, mark: Callable[[pd.Series], list[str]] | None = None, **options: Any) -> Any:
    """`st.dataframe` of anything pandas makes a table of; returns what was chosen in it.

    No text in it, and no name of a row or column, is run as a formula by a spreadsheet that opens
    the CSV. mark: a line -> the style of each of its cells. options: those of `st.dataframe`.
    """
    frame = without_formulas(pd.DataFrame(rows))
    return st.dataframe(frame if mark is None else frame.style.apply(mark, axis=1), **options)


def without_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy in which `core.system.spreadsheet.cell` has seen every text."""
    safe = frame.rename(index=cell, columns=cell)
    for at, kind in enumerate(frame.dtypes):
        if not pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_datetime64_dtype(kind):
            safe.isetitem(at, frame.iloc[:, at].map(cell).to_numpy())
    return safe
