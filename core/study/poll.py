"""A poll: which answers are counted together, which one is right, and the bars of its chart."""

from __future__ import annotations

from collections.abc import Mapping

from core.study.grading.algebra import LENGTHS, canonical, unrolled_words
from core.study.grading.checks import grade_answer
from core.study.grading.grade import Grade
from core.study.grading.numbers import draw, read_number
from core.study.options import shown_options
from core.study.tasks import Choice, Expression, Number

Asked = Choice | Expression | Number


def countable(task: Asked, response: str, seed: str) -> str:
    """The text under which an answer is counted, the same for all that mean the same."""
    match task:
        case Expression():
            return canonical(task.grade_as, response)
        case Number():
            value = read_number(response)
            if value is None:
                return "no number"
            if grade_answer(task, response, seed).correct:
                return f"{draw(task.variant, seed).answer:.4g}"
            return f"{value:.2g}"
    return response


def right_answer(task: Asked, seed: str) -> tuple[str, Grade]:
    """The right answer as a poll counts it, and its grade."""
    match task:
        case Choice():
            right = next(option.text for option in task.options if option.right)
        case Number():
            right = repr(draw(task.variant, seed).answer)
        case Expression():
            right = _sum(task.grade_as)
    return countable(task, right, seed), grade_answer(task, right, seed)


def bars(task: Asked, counts: Mapping[str, int], seed: str, *, revealed: bool) -> dict[str, int]:
    """Answers and how often each was given.

    For a choice: every option, in the order that everybody in the room sees. For a typed answer:
    what was typed, most frequent first, and the right answer once it is revealed.
    """
    if isinstance(task, Choice):
        return {o.text: counts.get(o.text, 0) for o in shown_options(task, seed)}
    if not revealed:
        return dict(counts)
    right, _ = right_answer(task, seed)
    return {**counts, right: counts.get(right, 0)}


def _sum(grade_as: str) -> str:
    """The right answer to an expression, as a student may type it."""
    if grade_as == "1c":
        return "phi_y(W_y sum(W_h^(T-i) W_x x_i, i=1..T))"
    T = LENGTHS.get(grade_as, (2,))[0]
    added = {"start": "W_y W_h W_h h_0 + ", "bias": "W_y b + W_y W_h b + "}.get(grade_as, "")
    return f"phi_y({added}{' + '.join(' '.join(word) for word in unrolled_words(T))})"
