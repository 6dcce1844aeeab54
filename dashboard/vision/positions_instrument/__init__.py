"""The instrument of a Vision Transformer's positions: which are similar to the chosen one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dashboard.components.live import Dial, Instrument, packed
from dashboard.components.program import digest

INSTRUMENT = Instrument("patches", Path(__file__).resolve().parent / "positions.js")
MOST = 100_000  # numbers that are sent


def show(similarity: np.ndarray, dials: Sequence[Dial]) -> bool:
    """Draw it; false where it has stopped, or where there are too many positions to send.

    similarity: (g², g²), −1 to 1, the positions row by row. dials: row and column, from 1.
    """
    if similarity.size > MOST:
        return False
    codes = np.rint(127 * np.clip(similarity, -1, 1)).astype(np.int8)
    data = {
        "codes": packed(codes, "i1"), "side": round(len(similarity) ** 0.5),
        "id": digest(codes.tobytes()),
    }  # fmt: skip
    return INSTRUMENT.show(data, dials)
