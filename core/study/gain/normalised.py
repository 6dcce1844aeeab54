"""The normalised gain of a class, with its confidence interval.

g = (post − pre) / (1 − pre): the share of what was not known before that is known after
(R. R. Hake, "Interactive-engagement versus traditional methods", American Journal of Physics 66,
64-74, 1998). The gain of a class is computed from the mean of each test, as there. Its interval is
a percentile bootstrap over the students (B. Efron, R. Tibshirani, "An Introduction to the
Bootstrap", 1993, chapter 13).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.study.storage.classes import ShortTest

SAMPLES = 2000  # of the bootstrap
LEVEL = 0.95
COLUMNS = ("student", "lesson", "before", "after", "a week later", "gain", "gain a week later")
FEWEST = 5  # students for an interval: fewer are too few to be drawn again


@dataclass(frozen=True)
class Gain:
    """One lesson at one later moment. pre, post: the mean shares of correct answers, 0 to 1.

    gain: None if everybody had everything right before. interval: None below FEWEST students.
    students: the gain of each; None for a student who had everything right before.
    """

    lesson: str
    moment: int
    pre: float
    post: float
    gain: float | None
    interval: tuple[float, float] | None
    students: tuple[float | None, ...]


def normalised_gain(pre: float, post: float) -> float | None:
    """g of two shares from 0 to 1; None for pre = 1, where nothing is left to gain."""
    return None if pre >= 1 else (post - pre) / (1 - pre)


def class_gains(tests: Iterable[ShortTest]) -> list[Gain]:
    """The gain of each lesson from the test before to each later one, by students who took both."""
    shares: dict[tuple[str, int], dict[int, float]] = {}
    for test in tests:
        by_student = shares.setdefault((test.lesson, test.moment), {})
        by_student[test.student] = test.correct / test.items
    gains = []
    for (lesson, moment), later in sorted(shares.items()):
        before = shares.get((lesson, 0), {})
        pairs = [(before[who], later[who]) for who in sorted(later) if who in before]
        if moment and pairs:
            gains.append(_gain(lesson, moment, pairs))
    return gains


def without_names(tests: Iterable[ShortTest]) -> list[dict[str, object]]:
    """A row for each student and lesson for a CSV file: the share of each test and both gains.

    Students have numbers; None is a test that was not taken.
    """
    shares: dict[tuple[int, str], dict[int, float]] = {}
    for test in tests:
        shares.setdefault((test.student, test.lesson), {})[test.moment] = test.correct / test.items
    rows: list[dict[str, object]] = []
    for (student, lesson), by_moment in sorted(shares.items()):
        pre, after, later = (by_moment.get(moment) for moment in range(3))
        gains = (
            None if pre is None or post is None else normalised_gain(pre, post)
            for post in (after, later)
        )
        row = (student, lesson, *(_rounded(value) for value in (pre, after, later, *gains)))
        rows.append(dict(zip(COLUMNS, row, strict=True)))
    return rows


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _gain(lesson: str, moment: int, pairs: Sequence[tuple[float, float]]) -> Gain:
    pre, post = _means(pairs)
    return Gain(
        lesson, moment, pre, post,
        normalised_gain(pre, post),
        interval(pairs) if len(pairs) >= FEWEST else None,
        tuple(normalised_gain(*pair) for pair in pairs),
    )  # fmt: skip


def interval(pairs: Sequence[tuple[float, float]], seed: str = "1") -> tuple[float, float] | None:
    """The bootstrap interval of the gain of a class; pairs: (pre, post) of each student.

    None if fewer than the share LEVEL of the resampled classes have a gain: a class that had
    everything right before has none.
    """
    rng = random.Random(f"bootstrap:{seed}")
    drawn = (normalised_gain(*_means(rng.choices(pairs, k=len(pairs)))) for _ in range(SAMPLES))
    gains = sorted(gain for gain in drawn if gain is not None)
    if len(gains) < LEVEL * SAMPLES:
        return None
    cut = round((1 - LEVEL) / 2 * len(gains))
    return gains[cut], gains[-1 - cut]


def _means(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    pre, post = zip(*pairs, strict=True)
    return sum(pre) / len(pairs), sum(post) / len(pairs)
