"""The instrument of the power law: sliders for width and data, prediction beside measurement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from core.models.power_law.fit import Law
from core.models.power_law.history import Trained
from dashboard.components.live import Dial, Instrument

_FILES = Path(__file__).resolve().parent
INSTRUMENT = Instrument("powerlaw", _FILES / "arithmetic.js", _FILES / "power_law.js")


def show(
    law: Law, trained: Sequence[Trained], held_out: Trained | None, dials: Sequence[Dial]
) -> bool:
    """Draw it; false where it has stopped. trained: the grid; held_out: None while it waits
    for a prediction."""
    points = [[one.width, one.dialogues, one.loss] for one in trained]
    larger = held_out and [held_out.width, held_out.dialogues, held_out.loss]
    return INSTRUMENT.show({"law": asdict(law), "points": points, "larger": larger}, dials)
