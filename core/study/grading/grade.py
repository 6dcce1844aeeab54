"""The result of grading one answer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Grade:
    """Whether the answer is right, and a message of one or two sentences, never empty.

    part: of a wrong answer, the share that is right (places of an order, points of an essay).
    """

    correct: bool
    message: str
    part: float = 0.0

    @property
    def share(self) -> float:
        """1 for a right answer, else `part`."""
        return 1.0 if self.correct else self.part
