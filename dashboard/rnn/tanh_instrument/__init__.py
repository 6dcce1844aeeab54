"""The instrument of backpropagation through time: ρ, the size of the inputs and T."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.linear_rnn.through_time import backward
from dashboard.components.live import Dial, Instrument, packed

_FILES = Path(__file__).resolve().parent
INSTRUMENT = Instrument("tanh", _FILES / "arithmetic.js", _FILES / "tanh.js")


def show(dials: Sequence[Dial], gradient: np.ndarray | None, *, asked: bool) -> bool:
    """Draw it; false where it has stopped. gradient: autograd's norms for the dials' values.

    asked: what tanh does is not shown yet.
    """
    W, inputs = backward.drawn_network()
    data: dict[str, Any] = {
        "d": backward.UNITS, "W": packed(W), "inputs": packed(inputs), "asked": asked,
    }  # fmt: skip
    if gradient is not None:
        rho, size, T = (dial.value for dial in dials)
        data["gradient"] = {"rho": rho, "size": size, "T": T, "norms": gradient.tolist()}
    return INSTRUMENT.show(data, dials)
