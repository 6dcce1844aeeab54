"""How a row is measured: reference and product take turns, and the spread of the ratios is kept."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Measurement:
    """One row of the table. ratio = product / reference; lowest and highest of the repeats."""

    name: str
    unit: str
    reference: float
    product: float
    ratio: float
    ratio_low: float
    ratio_high: float
    conditions: str

    def row(self) -> Row:
        """Plain values, for JSON and for the table."""
        return asdict(self)


def alternate(
    name: str,
    unit: str,
    reference: Callable[[], float],
    product: Callable[[], float],
    repeats: int,
    conditions: str,
) -> Row:
    """Call both in turn, once to warm up and then `repeats` times; each returns its figure."""
    reference(), product()
    pairs = []
    for turn in range(repeats):
        gc.collect()
        if turn % 2:
            ours, theirs = product(), reference()
        else:
            theirs, ours = reference(), product()
        pairs.append((theirs, ours))
    ratios = [ours / theirs for theirs, ours in pairs]
    return Measurement(
        name,
        unit,
        statistics.median(theirs for theirs, _ in pairs),
        statistics.median(ours for _, ours in pairs),
        statistics.median(ratios),
        min(ratios),
        max(ratios),
        f"{conditions}; {repeats} alternating repeats",
    ).row()


def fixed(name: str, unit: str, reference: float, product: float, conditions: str) -> Row:
    """A row of two figures that are counted or recorded, and so have no spread."""
    ratio = product / reference
    return Measurement(name, unit, reference, product, ratio, ratio, ratio, conditions).row()


def rate(work: Callable[[], int]) -> float:
    """Units of work a second: `work` does some and says how much."""
    began = time.perf_counter()
    amount = work()
    return amount / (time.perf_counter() - began)
