"""The instrument of √n: a row of weights with and without the division, as n moves."""

from __future__ import annotations

from pathlib import Path

from core.interpret import softmax_scale
from dashboard.components.live import Dial, Instrument, packed

_FILES = Path(__file__).resolve().parent
INSTRUMENT = Instrument("scaling", _FILES / "arithmetic.js", _FILES / "scaling.js")


def show(dial: Dial, *, asked: bool) -> bool:
    """Draw it; false where it has stopped. asked: what is not divided is not shown yet."""
    curves = softmax_scale.curves()
    shown = ("divided",) if asked else ("divided", "undivided")
    data = {
        "scores": packed(softmax_scale.one_query(), "<f4"), "keys": softmax_scale.KEYS,
        "widths": curves.widths, "asked": asked,
        "curves": {
            "entropy": {name: curves.entropy[name] for name in shown},
            "gradient": {name: curves.gradient[name] for name in shown},
        },
    }  # fmt: skip
    return INSTRUMENT.show(data, [dial])
