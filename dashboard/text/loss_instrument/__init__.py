"""The instrument of the loss: one word's probability under the hand, and the loss of its text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dashboard.components.live import Dial, Instrument

_FILES = Path(__file__).resolve().parent
INSTRUMENT = Instrument("loss", _FILES / "arithmetic.js", _FILES / "loss.js")


def show(
    words: Sequence[str], probabilities: np.ndarray, known: bool, dials: Sequence[Dial]
) -> bool:
    """Draw it; false where it has stopped. words: T; probabilities: (T,), what the model gave them.

    known: whether the loss of the whole text is shown.
    """
    data = {"words": list(words), "p": [float(f"{p:.6g}") for p in probabilities], "known": known}
    return INSTRUMENT.show(data, dials)
