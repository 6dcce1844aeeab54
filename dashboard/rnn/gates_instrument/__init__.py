"""The instrument of an LSTM's gates: symbol, delay and the forget gate's bias."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.linear_rnn.through_time import gates
from dashboard.components.live import Dial, Instrument

_FILES = Path(__file__).resolve().parent
INSTRUMENT = Instrument("gates", _FILES / "arithmetic.js", _FILES / "gates.js")


def show(lstm: gates.LSTM, dials: Sequence[Dial], *, asked: bool) -> bool:
    """Draw it; false where it has stopped. asked: the gates are not shown yet."""
    weights = {name: getattr(lstm, name).tolist() for name in ("W", "U", "b", "R", "r")}
    noise = gates.sequence(0, gates.LONGEST)[0, 1:, gates.SYMBOLS :].round(6).tolist()
    data = {"asked": asked}
    return INSTRUMENT.show(data, dials, apart={"lstm": weights, "noise": noise})
