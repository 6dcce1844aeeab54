"""What a grader says."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """Right or not, and one or two sentences to the student; the message is never empty."""

    correct: bool
    message: str
