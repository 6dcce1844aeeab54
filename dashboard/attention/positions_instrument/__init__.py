"""The instrument of the positions lesson: sliders for position, pair and columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.models import positions
from dashboard.components.live import Dial, Instrument
from dashboard.components.program import digest, squeezed

_FILES = Path(__file__).resolve().parent
INSTRUMENT = Instrument("positions", _FILES / "arithmetic.js", _FILES / "positions.js")
MOST = 90_000  # numbers of a learned table that are sent: the first columns that fit


def show(table: np.ndarray | None, tokens: int, dials: Sequence[Dial]) -> bool:
    """Draw it; false where it has stopped. table: a learned one (T, d), None for the formula."""
    data: dict[str, Any] = {"tokens": tokens, "id": "formula"}
    if table is not None:
        mean, deviation = positions.similarity_by_distance(table)
        sent = table[:, : max(1, MOST // len(table))]
        top = float(np.abs(sent).max()) or 1.0
        codes = np.rint(sent / top * 127).astype(np.int8).tobytes()
        data |= {
            "codes": squeezed(codes), "width": sent.shape[1],
            "top": top, "mean": mean.round(5).tolist(), "deviation": deviation.round(5).tolist(),
            "id": digest(codes),
        }  # fmt: skip
    return INSTRUMENT.show(data, dials)
