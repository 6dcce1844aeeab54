"""Grade the answer to a check of any kind: choice, order, number, algebra or rubric."""

from __future__ import annotations

import random

from core.study.grading.algebra import grade_expression
from core.study.grading.grade import Grade
from core.study.grading.numbers import draw, grade_number
from core.study.question import Choice, Expression, Number, Order, Rubric, Task

Response = str | tuple[str, ...]  # the text typed, the option chosen, or the items in order


def grade_answer(task: Task, response: Response, seed: str) -> Grade:
    """Grade a response. Never raises on anything that was typed or chosen.

    For a rubric the response is the points that the student finds in their own text.
    """
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
        case Rubric(), tuple():
            met = sum(point in response for point in task.points)
            if met >= task.enough:
                return Grade(True, f"{met} of {len(task.points)} points, by your own assessment.")
            return Grade(
                False,
                f"{met} of {len(task.points)} points: add to your text until {task.enough} fit.",
            )
    return Grade(False, "There is no answer yet: give one first.")


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
        return Grade(True, "Right, in this order.")
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
