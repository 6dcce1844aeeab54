"""Short parallel tests: the same items with other numbers, before a lesson, after it and later.

The values of an item are dealt into three sets like cards, so that no value is in two of them. The
seed says which set comes first: over a class, each set is the first test as often as the last, and
a set that is harder than another changes no gain on average.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from core.study.grading.number_task import NumberTask
from core.study.grading.numbers import grade_number

MOMENTS = ("before the lesson", "after the lesson", "a week later")
LESSONS = (
    *("rnn", "attention", "heads", "positions", "vit"),
    *("patches", "maps", "versus", "gpt", "decoding"),
)


@dataclass(frozen=True)
class Item:
    """One question of a test. values: what it can be asked with; ask: one of them -> the task."""

    values: Sequence[Any]
    ask: Callable[[Any], NumberTask]


def task(prompt: str, answer: float, unit: str, worked: str, tolerance: float = 0.0) -> NumberTask:
    """The task of an item; tolerance is relative, 0 for an exact answer."""
    return NumberTask(prompt, answer, unit, tolerance, (), worked)


def items_of(lesson: str) -> tuple[Item, ...]:
    """The items of a lesson. Raises ValueError, one sentence, for a lesson without a test."""
    if lesson not in LESSONS:
        raise ValueError(
            f"There is no test for {lesson[:20]!r}; there is for {', '.join(LESSONS)}."
        )
    items: tuple[Item, ...] = import_module(f"core.study.gain.lessons.{lesson}").ITEMS
    return items


def variant_sets(item: Item) -> tuple[list[Any], ...]:
    """The values in three sets without a common value, in a fixed order."""
    values = list(item.values)
    random.Random(f"variants:{values!r}").shuffle(values)
    return tuple(values[start::3] for start in range(3))


def short_test(lesson: str, seed: str, moment: int) -> list[NumberTask]:
    """The tasks of the test at that moment, an index of MOMENTS; the same for the same seed."""
    rng = random.Random(f"short test:{lesson}:{seed}:{moment}")
    first = random.Random(f"first set:{lesson}:{seed}").randrange(3)
    return [
        item.ask(rng.choice(variant_sets(item)[(first + moment) % 3])) for item in items_of(lesson)
    ]


def correct_answers(tasks: Sequence[NumberTask], answers: Sequence[str]) -> int:
    """How many of the answers are right."""
    return sum(
        grade_number(task, answer).correct for task, answer in zip(tasks, answers, strict=True)
    )
