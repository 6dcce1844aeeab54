"""The instrument of one row of attention: a slider for the temperature, and cells to mask.

It computes the row of one head; after release, the model computes the edit in every layer and head.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dashboard.components.live import Dial, Instrument, packed
from dashboard.components.program import digest, squeezed

if TYPE_CHECKING:
    from torch import Tensor

_FILES = Path(__file__).resolve().parent
INSTRUMENT = Instrument("row", _FILES / "arithmetic.js", _FILES / "row.js")
FINE = 5000  # numbers of the values up to which they have two bytes each, else one
MOST_CELLS = 64


def show(
    row: dict[str, Tensor],
    scores: Tensor,
    values: Tensor,
    allowed: Tensor,
    tokens: Sequence[str],
    query: int,
    dial: Dial,
    cells: str,
    *,
    title: str,
) -> bool:
    """Draw the row of one query; false where it has stopped.

    row: its weights (T,) "alpha" and output (n,) "out" in the unchanged model. scores: (T,), q · k
    over √n. values: (T, n). allowed: (T,), the keys that are not masked, before `cells`: the cells
    masked here, as `fitting` reads them.
    """
    V = values.numpy()
    fine = V.size <= FINE
    top = float(np.abs(V).max()) or 1.0
    codes = np.rint(V / top * (32767 if fine else 127)).astype("<i2" if fine else "i1").tobytes()
    was = np.rint(row["alpha"].numpy() * 65535)
    data: dict[str, Any] = {
        "query": query, "tokens": list(tokens), "title": title, "n": V.shape[1],
        "scores": packed(scores.numpy(), "<f4"), "was": packed(was, "<u2"),
        "wasOut": packed(row["out"].numpy(), "<f4"), "fine": fine, "top": top,
        "values": squeezed(codes),
        "allowed": "".join("1" if one else "0" for one in allowed.tolist()),
    }  # fmt: skip
    data["id"] = digest(sorted(data.items()))
    fits = {"cells": (cells, lambda value: fitting(value, len(tokens)))}
    return INSTRUMENT.show(data, [dial], others=fits)


def fitting(value: object, tokens: int) -> bool:
    """Whether this names cells of a (T, T) map: "4.0,4.2" are keys 0 and 2 of query 4."""
    if not isinstance(value, str) or len(value) > 8 * MOST_CELLS:
        return False
    if not re.fullmatch(r"(\d{1,3}\.\d{1,3}(,\d{1,3}\.\d{1,3})*)?", value, re.ASCII):
        return False
    return all(max(cell) < tokens for cell in read(value))


def read(cells: str) -> list[tuple[int, int]]:
    """The (query, key) pairs that the text names."""
    pairs = (one.split(".") for one in cells.split(",") if one)
    return [(int(query), int(key)) for query, key in pairs]
