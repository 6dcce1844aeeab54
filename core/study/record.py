"""What is kept of one question: the prediction, the answers, and what helped to find them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MIN_ATTEMPTS = 3  # on each open check, before the model answer may be shown
HINTS = 3
HINT_COSTS = 0.2  # of what a question earns, for each hint that is opened
MAX_OBJECTION = 300  # characters
CONFIDENCE = ("sure", "think so", "guess")


@dataclass(frozen=True)
class Answer:
    """The answer to one check.

    text: what was typed, chosen or written. lines: the order of the lines. seed: what drew the
    check's numbers. at: seconds since 1970.
    """

    text: str = ""
    lines: tuple[str, ...] = ()
    seed: str = ""
    at: float = 0.0


@dataclass(frozen=True)
class Record:
    """One question. attempts: answers to each check in this round; passed: those answered right;
    missed: choices without a try left (core.study.grading.checks.tries).

    typed and sent: for each check, what is in its fields and what was last submitted.
    hints: how many were opened. judged: how sure the student was of the first answer to each check,
    one of CONFIDENCE. seconds: time spent on the question. objection: what the student says against
    a grade.
    """

    prediction: str = ""
    attempts: Mapping[str, int] = field(default_factory=dict)
    passed: tuple[int, ...] = ()
    gave_up: bool = False
    round: int = 1
    card: Mapping[str, Any] | None = None  # of FSRS
    typed: Mapping[str, Answer] = field(default_factory=dict)
    sent: Mapping[str, Answer] = field(default_factory=dict)
    missed: tuple[int, ...] = ()
    hints: int = 0
    judged: Mapping[str, str] = field(default_factory=dict)
    seconds: int = 0
    objection: str = ""

    @property
    def tries(self) -> int:
        """Answers to all checks in this round."""
        return sum(self.attempts.values())

    @property
    def confidence(self) -> str | None:
        """The least sure of `judged`; None if no answer was judged."""
        return max(self.judged.values(), key=CONFIDENCE.index, default=None)

    @property
    def worth(self) -> float:
        """The share of a question that its right answers earn: each opened hint lowers it."""
        return 1 - HINT_COSTS * self.hints

    def done(self, checks: int) -> bool:
        """Whether the model answer is shown: no check is open, or given up after real attempts."""
        return self.gave_up or len(self.passed) + len(self.missed) >= checks

    def earned(self, checks: int) -> bool:
        """Whether every check was answered right."""
        return len(self.passed) >= checks

    def may_give_up(self, checks: int) -> bool:
        """Whether every check that is still open has had MIN_ATTEMPTS wrong answers."""
        still_open = [i for i in range(checks) if i not in (*self.passed, *self.missed)]
        return bool(still_open) and all(
            self.attempts.get(str(i), 0) >= MIN_ATTEMPTS for i in still_open
        )
