"""The instrument of rotary positions: the hands of query and key, and their score by distance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dashboard.components.live import Dial, Instrument

_FILES = Path(__file__).resolve().parent
INSTRUMENT = Instrument("rotary", _FILES / "arithmetic.js", _FILES / "rotary.js")


def show(
    x: np.ndarray,
    tokens: int,
    base: float,
    pairs: Sequence[int],
    added: Mapping[str, tuple[np.ndarray, np.ndarray]],
    dials: Sequence[Dial],
) -> bool:
    """Draw it; false where it has stopped. x: (d,), query and key before they are turned.

    pairs: the three that are drawn. added: name -> (mean, deviation) of the score by distance.
    """
    data: dict[str, Any] = {
        "x": x.round(6).tolist(), "tokens": tokens, "base": base, "pairs": list(pairs),
        "added": {
            name: [mean.round(4).tolist(), deviation.round(4).tolist()]
            for name, (mean, deviation) in added.items()
        },
    }  # fmt: skip
    return INSTRUMENT.show(data, dials)
