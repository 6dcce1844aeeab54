"""A practice exam: ten checks drawn by seed, and what was right."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from core.study.grading.checks import Response, grade_answer
from core.study.grading.grade import Grade
from core.study.question import Question
from core.study.tasks import Choice, Task

QUESTIONS, MINUTES = 10, 30


@dataclass(frozen=True)
class Item:
    """One check of one question, with the seed of its numbers."""

    question: str
    check: int
    task: Task
    seed: str


@dataclass(frozen=True)
class Marked:
    """An item and its grade; None: not answered."""

    item: Item
    grade: Grade | None


def draw_exam(questions: Mapping[str, Question], seed: str) -> tuple[Item, ...]:
    """Up to ten questions and one check of each, never a plain choice: the same for one seed.

    Questions are drawn by name, so the order of the files does not matter.
    """
    rng = random.Random(f"exam:{seed}")
    fit = {
        name: [i for i, task in enumerate(question.checks) if not isinstance(task, Choice)]
        for name, question in sorted(questions.items())
    }
    names = [name for name, checks in fit.items() if checks]
    drawn = rng.sample(names, min(QUESTIONS, len(names)))
    picked = [(name, rng.choice(fit[name])) for name in drawn]
    return tuple(
        Item(name, i, questions[name].checks[i], f"exam-{seed}:{name}") for name, i in picked
    )


def mark(items: tuple[Item, ...], responses: Mapping[str, Response]) -> tuple[Marked, ...]:
    """Grade each item; responses: by question, those that were given."""
    return tuple(
        Marked(
            item,
            grade_answer(item.task, responses[item.question], item.seed)
            if item.question in responses
            else None,
        )
        for item in items
    )


def points(marked: tuple[Marked, ...]) -> float:
    """The sum of what each item earned, one at most for each."""
    return sum(one.grade.share for one in marked if one.grade is not None)
