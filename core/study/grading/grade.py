"""The result of grading one answer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Grade:
    """Whether the answer is right, and a message of one or two sentences, never empty."""

    correct: bool
    message: str
