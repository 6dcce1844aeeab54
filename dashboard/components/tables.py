"""Tables on a page, safe to download as CSV."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.system.spreadsheet import cell

if TYPE_CHECKING:
    import pandas as pd


def show(rows: Any, mark: Callable[[pd.Series], list[str]] | None = None, **options: Any) -> Any:
    """`st.dataframe` of anything that pandas reads as a table; returns its selection.

    No spreadsheet that opens the CSV runs a cell, row name or column name as a formula.
    mark: a row -> the style of each of its cells. options: those of `st.dataframe`.
    """
    import pandas as pd  # a page must not wait for it where no table is open

    frame = without_formulas(pd.DataFrame(rows))
    return st.dataframe(frame if mark is None else frame.style.apply(mark, axis=1), **options)


def without_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy with every text escaped by `core.system.spreadsheet.cell`."""
    import pandas as pd

    safe = frame.rename(index=cell, columns=cell)
    for at, kind in enumerate(frame.dtypes):
        if not pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_datetime64_dtype(kind):
            safe.isetitem(at, frame.iloc[:, at].map(cell).to_numpy())
    return safe
