"""The instrument of the loss: a slider for one word's probability, and the loss of its text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dashboard.components.live import Dial, Instrument

_FILES = Path(__file__).resolve().parent
INSTRUMENT = Instrument("loss", _FILES / "arithmetic.js", _FILES / "loss.js")


def show(
    words: Sequence[str], probabilities: np.ndarray, unit: str, known: bool, dials: Sequence[Dial]
) -> bool:
    """Draw it; false where it has stopped. words: T; probabilities: (T,), what the model gave them.

    unit: what they are, "word" or "token". known: whether the loss of the whole text is shown.
    """
    p = [float(f"{p:.6g}") for p in probabilities]
    return INSTRUMENT.show({"words": list(words), "p": p, "unit": unit, "known": known}, dials)
