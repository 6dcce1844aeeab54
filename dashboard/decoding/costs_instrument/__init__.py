"""The instrument of what the next token costs: multiply-adds and measured times for T tokens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.components.live import Dial, Instrument
from dashboard.decoding import timings

if TYPE_CHECKING:
    from core.decoding.timing import Report
    from core.decoding.weights import DecodeWeights

_FILES = Path(__file__).resolve().parent
INSTRUMENT = Instrument("costs", _FILES / "arithmetic.js", _FILES / "costs.js")


def sizes(weights: DecodeWeights) -> dict[str, int]:
    """The letters of `core.decoding.cost`, and the bytes of all weights in 32 bits."""
    from core.decoding.cost import bytes_read

    return {
        "L": len(weights.blocks), "d": weights.dim, "H": weights.num_heads, "n": weights.head_dim,
        "m": weights.mlp_dim, "V": weights.vocab_size, "context": weights.context_length,
        "bytes": bytes_read(weights, 0, 32),
    }  # fmt: skip


def show(weights: DecodeWeights, report: Report | None, tokens: Dial) -> bool:
    """Draw it; false where it has stopped. report: None where nothing is measured.

    On the stage, what needs a cache appears with the answer; the axes have room for it before.
    """
    from core.decoding.cost import VARIANTS

    shown = timings.shown()
    data: dict[str, Any] = {
        "sizes": sizes(weights),
        "variants": [
            {"name": timings.in_full(name), **variant._asdict()}
            for name, variant in VARIANTS.items()
        ][:shown],
    }
    if report is not None:
        curves = timings.curves(report)
        every = [ms for curve in curves.values() for ms in curve]
        data |= {
            "lengths": [timing.length for timing in report.timings],
            "range": [min(every), max(every)],
            "curves": [{"name": name, "ms": ms} for name, ms in curves.items()][:shown],
        }
    return INSTRUMENT.show(data, [tokens])
