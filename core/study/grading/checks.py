"""Grade the answer to a check of any kind: choice, order, number, algebra or essay."""

from __future__ import annotations

import random

from core.study.grading.algebra import grade_expression
from core.study.grading.essay import found
from core.study.grading.grade import Grade
from core.study.grading.numbers import draw, grade_number
from core.study.tasks import Choice, Expression, Number, Order, Rubric, Task

Response = str | tuple[str, ...]  # the text typed, the option chosen, or the items in order


def grade_answer(task: Task, response: Response, seed: str) -> Grade:
    """Grade a response. Never raises on anything that was typed or chosen."""
    match task, response:
        case Choice(), str():
            for option in task.options:
                if option.text == response:
                    return Grade(option.right, option.reply)
            return Grade(False, "Choose one of the answers.")
        case Order(), tuple():
            return _grade_order(task, response)
        case Number(), str():
            return grade_number(draw(task.variant, seed), response)
        case Expression(), str():
            return grade_expression(task.grade_as, response)
        case Rubric(), str():
            met = sum(where is not None for where in points_found(task, response))
            count = f"Your text makes {met} of {len(task.points)} points"
            if met >= task.enough:
                return Grade(True, f"{count}.")
            return Grade(False, f"{count}; {task.enough} are needed. Add more and check again.")
    return Grade(False, "There is no answer yet: write or choose one first.")


def tries(task: Task) -> int | None:
    """How many answers a check takes in one round: half as many as a choice has options, else any
    number (None)."""
    return len(task.options) // 2 if isinstance(task, Choice) else None


def points_found(task: Rubric, text: str) -> tuple[str | None, ...]:
    """For each point of the essay the sentence of `text` that makes it, or None."""
    return found(text, task.points, task.shown)


def shuffled(items: tuple[str, ...], seed: str) -> list[str]:
    """The items in an order drawn from the seed, never in their own order."""
    order = list(items)
    rng = random.Random(f"order:{seed}:{items[0]}")
    while True:
        rng.shuffle(order)
        if order != list(items) or len(set(items)) == 1:
            return order


def _grade_order(task: Order, response: tuple[str, ...]) -> Grade:
    if sorted(response) != sorted(task.items):
        return Grade(False, f"Place all {len(task.items)} lines, each once.")
    if response == task.items:
        return Grade(True, "Right: this is the order.")
    for early, before, reply in task.slips:
        if response.index(task.items[early]) < response.index(task.items[before]):
            return Grade(False, reply)
    first = next(i for i, (a, b) in enumerate(zip(response, task.items, strict=True)) if a != b)
    return Grade(
        False,
        f"The first {first} are right; line {first + 1} belongs elsewhere."
        if first
        else "The first line belongs elsewhere.",
    )
