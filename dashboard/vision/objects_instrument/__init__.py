"""The instrument of attention against the size of the object: sliders for layer and head."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dashboard.components.live import Dial, Instrument, packed
from dashboard.components.program import digest

_FILES = Path(__file__).resolve().parent
INSTRUMENT = Instrument("objects", _FILES / "arithmetic.js", _FILES / "objects.js")
MOST = 50_000  # numbers that are sent, in two bytes each
CODES = 65535


def show(
    size: np.ndarray, values: np.ndarray, random: np.ndarray, patches: int, dials: Sequence[Dial],
    *, share: bool,
) -> bool:  # fmt: skip
    """Draw it; false where it has stopped, or where there are too many heads to send.

    size: (N,) share of the picture that is object. values: (N, L, H), of every head, and random:
    (N,), the mean of all heads with random weights; both the share of attention on the object, or
    its entropy in nats over this number of patches. dials: layer and head, 0 for the mean.
    """
    if values.size > MOST:
        return False
    pictures, layers, heads = values.shape
    top = 1.0 if share else float(np.log(patches))
    codes = [np.rint(np.clip(one / top, 0, 1) * CODES) for one in (values, random)]
    data: dict[str, Any] = {
        "share": share, "layers": layers, "heads": heads, "top": top, "patches": patches,
        "size": packed(np.rint(np.clip(size, 0, 1) * CODES), "<u2"),
        "values": packed(codes[0].reshape(pictures, -1).T, "<u2"),
        "random": packed(codes[1], "<u2"),
    }  # fmt: skip
    data["id"] = digest(sorted(data.items()))
    return INSTRUMENT.show(data, dials)
