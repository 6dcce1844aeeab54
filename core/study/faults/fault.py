"""What a fault is made of: its two functions, the example they run on, and what to look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Outcome:
    """numbers: what is shown. value: the one number that tells the fault from the repair."""

    numbers: tuple[float, ...]
    value: float


@dataclass(frozen=True)
class Fault:
    """shows: what the numbers are. tells: what `value` is.

    above: whether the fault makes `value` larger than the repair does, or smaller.
    """

    shows: str
    tells: str
    above: bool
    wrong: Callable[..., Array]
    right: Callable[..., Array]
    example: Callable[[], tuple[Any, ...]]
    numbers: Callable[[Array], Array]
    value: Callable[[Array], float]

    def run(self) -> tuple[Outcome, Outcome]:
        """The example with the fault, and repaired."""
        given = self.example()
        results = (np.asarray(function(*given)) for function in (self.wrong, self.right))
        with_fault, repaired = (
            Outcome(tuple(map(float, self.numbers(out))), float(self.value(out))) for out in results
        )
        return with_fault, repaired


def softmax(scores: Array, axis: int = -1) -> Array:
    """exp(s) divided by its sum along the axis."""
    p = np.exp(scores - scores.max(axis, keepdims=True))
    return np.asarray(p / p.sum(axis, keepdims=True))
