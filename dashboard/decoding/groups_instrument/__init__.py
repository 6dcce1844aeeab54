"""The instrument of shared keys and values: which heads share, and the bytes of the cache."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from dashboard.components.live import Dial, Instrument

_FILES = Path(__file__).resolve().parent
INSTRUMENT = Instrument("groups", _FILES / "arithmetic.js", _FILES / "groups.js")


def show(sizes: Mapping[str, int], known: bool, dials: Sequence[Dial]) -> bool:
    """Draw it; false where it has stopped. sizes: L, H, n, d and the context of the model.

    known: whether the weights and the operations are shown beside the bytes.
    """
    return INSTRUMENT.show({"sizes": dict(sizes), "known": known}, dials)
