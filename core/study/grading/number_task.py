"""One drawn task whose answer is a number."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NumberTask:
    """One drawn task. answer: in `unit`; right within `tolerance` (relative; 0 for exact)."""

    prompt: str
    answer: float
    unit: str
    tolerance: float
    mistakes: tuple[tuple[float, str], ...]
    worked: str  # the computation, shown with a right answer
