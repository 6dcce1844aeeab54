"""Grading a check: choices by their option's reply, orders by the first slip, numbers, algebra."""

from __future__ import annotations

import random

from core.study.grading.algebra import grade_expression
from core.study.grading.grade import Verdict
from core.study.grading.numbers import draw, grade_number
from core.study.question import Choice, Expression, Number, Order, Rubric, Task

Given = str | tuple[str, ...]  # the text typed, the option chosen, or the items in order


def grade(task: Task, given: Given, seed: str) -> Verdict:
    """Grade what a student gave. Never raises on anything that was typed or chosen.

    For a rubric `given` is the points the student says are met.
    """
    match task, given:
        case Choice(), str():
            for option in task.options:
                if option.text == given:
                    return Verdict(option.right, option.reply)
            return Verdict(False, "Choose one of the answers.")
        case Order(), tuple():
            return _grade_order(task, given)
        case Number(), str():
            return grade_number(draw(task.variant, seed), given)
        case Expression(), str():
            return grade_expression(task.grade_as, given)
        case Rubric(), tuple():
            met = sum(point in given for point in task.points)
            if met >= task.enough:
                return Verdict(True, f"{met} of {len(task.points)} points, by your own reading.")
            return Verdict(
                False,
                f"{met} of {len(task.points)} points: add to your text until {task.enough} are.",
            )
    return Verdict(False, "There is no answer yet: give one first.")


def shuffled(items: tuple[str, ...], seed: str) -> list[str]:
    """The items in an order of this seed that is not the given one."""
    order = list(items)
    rng = random.Random(f"order:{seed}:{items[0]}")
    while True:
        rng.shuffle(order)
        if order != list(items) or len(set(items)) == 1:
            return order


def _grade_order(task: Order, given: tuple[str, ...]) -> Verdict:
    if sorted(given) != sorted(task.items):
        return Verdict(False, f"Place all {len(task.items)} lines, each once.")
    if given == task.items:
        return Verdict(True, "Right, in this order.")
    for early, before, reply in task.slips:
        if given.index(task.items[early]) < given.index(task.items[before]):
            return Verdict(False, reply)
    first = next(i for i, (a, b) in enumerate(zip(given, task.items, strict=True)) if a != b)
    return Verdict(
        False,
        f"The first {first} of them are right, line {first + 1} is not yet its place."
        if first
        else "The first line is not the beginning yet.",
    )
