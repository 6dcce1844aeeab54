"""A question whose answer is a number, as it was drawn for a seed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NumberTask:
    """One drawn task. answer: in `unit` ("" for a pure number); right within `tolerance` (relative;
    0 for exact).

    mistakes: usual wrong answers, each with the sentence that says what is wrong with it.
    """

    prompt: str
    answer: float
    unit: str
    tolerance: float
    mistakes: tuple[tuple[float, str], ...]
    worked: str  # the computation, shown with a right answer

    def with_unit(self, text: str) -> str:
        """The text, followed by the unit if there is one."""
        return f"{text} {self.unit}" if self.unit else text
