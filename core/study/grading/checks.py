"""Grade the answer to a check of any kind, from a choice to a fault in code or an essay."""

from __future__ import annotations

import random

from core.study.grading.algebra import grade_expression, grade_output
from core.study.grading.essay import found
from core.study.grading.grade import Grade
from core.study.grading.numbers import draw, grade_number
from core.study.grading.quantities import draw_quantity, grade_quantity
from core.study.tasks import (
    Bug,
    Choice,
    Expression,
    Match,
    Number,
    Order,
    Quantity,
    Rubric,
    Task,
)

# The text typed, the option chosen, the items in order, the line and the symptom of a fault, or the
# setting of each figure.
Response = str | tuple[str, ...]


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
        case Quantity(), str():
            return grade_quantity(draw_quantity(task.variant, seed), response)
        case Expression(), str():
            if task.grade_as in ("start", "bias"):
                start = task.grade_as == "start"
                return grade_output(2, response, start_state=start, bias=not start)
            return grade_expression(task.grade_as, response)
        case Bug(), tuple():
            return _grade_bug(task, response)
        case Match(), tuple():
            return _grade_match(task, response, seed)
        case Rubric(), str():
            met = sum(where is not None for where in points_found(task, response))
            count = f"Your text makes {met} of {len(task.points)} points"
            if met >= task.enough:
                return Grade(True, f"{count}.")
            return Grade(False, f"{count}; {task.enough} are needed.", met / len(task.points))
    return Grade(False, "There is no answer yet: write or choose one first.")


def tries(task: Task) -> int | None:
    """How many answers a check takes in one round: half as many as a choice has options, two where
    lines or settings are picked, else any number (None)."""
    if isinstance(task, Bug | Match):
        return 2
    return len(task.options) // 2 if isinstance(task, Choice) else None


def decides(task: Task) -> bool:
    """Whether nobody passes the check by picking: what is right must be written or computed."""
    return isinstance(task, Number | Quantity | Expression | Rubric)


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
            return Grade(False, reply, _placed(response, task.items))
    part = _placed(response, task.items)
    placed = round(part * len(task.items))
    reply = f"{placed} of {len(task.items)} lines {'is' if placed == 1 else 'are'} in place."
    return Grade(False, reply, part)


def _placed(response: tuple[str, ...], right: tuple[str, ...]) -> float:
    """The share of places that are right."""
    return sum(a == b for a, b in zip(response, right, strict=True)) / len(right)


def shown_figures(task: Match, seed: str) -> tuple[int, ...]:
    """Which of the set's figures is shown at each position, in an order drawn from the seed."""
    order = list(range(len(task.settings)))
    random.Random(f"figures:{seed}:{task.figures}").shuffle(order)
    return tuple(order)


def right_settings(task: Match, seed: str) -> tuple[str, ...]:
    """The setting of each figure, as they are shown."""
    return tuple(task.settings[i] for i in shown_figures(task, seed))


def _grade_match(task: Match, response: tuple[str, ...], seed: str) -> Grade:
    right = right_settings(task, seed)
    if len(response) != len(right) or not set(response) <= set(right):
        return Grade(False, f"Choose a setting for each of the {len(right)} figures.")
    if response == right:
        return Grade(True, "Right: each figure has its setting.")
    part = _placed(response, right)
    placed = round(part * len(right))
    reply = f"{placed} of {len(right)} {'is' if placed == 1 else 'are'} right. {task.reply}"
    return Grade(False, reply, part)


def _grade_bug(task: Bug, response: tuple[str, ...]) -> Grade:
    options = {option.text: option for option in task.symptoms}
    if len(response) != 2 or response[0] not in task.code or response[1] not in options:
        return Grade(False, "Choose a line and a symptom.")
    line, symptom = response[0], options[response[1]]
    number = task.code.index(line) + 1
    if line == task.wrong:
        other_symptom = f"The fault is in line {number}, but this is not its symptom. "
        correction = "" if symptom.right else other_symptom
        return Grade(symptom.right, f"{correction}{symptom.reply}", 0.5)
    fine = f"Line {number} does what it should."
    if symptom.right:
        return Grade(False, f"That is the symptom, but the reason is elsewhere: {fine}", 0.5)
    return Grade(False, f"{fine} {symptom.reply}")
