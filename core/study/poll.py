"""What a poll counts together, which answer is the right one, and the bars in their order."""

from __future__ import annotations

from collections.abc import Mapping

from core.study.grading.algebra import LENGTHS, canonical, unrolled_words
from core.study.grading.checks import grade
from core.study.grading.grade import Verdict
from core.study.grading.numbers import draw, read_number
from core.study.options import shown_options
from core.study.question import Choice, Expression, Number

Asked = Choice | Expression | Number


def countable(task: Asked, given: str, seed: str) -> str:
    """One text for all answers that mean the same, so that they are counted together."""
    match task:
        case Expression():
            return canonical(task.grade_as, given)
        case Number():
            value = read_number(given)
            if value is None:
                return "no number"
            if grade(task, given, seed).correct:
                return f"{draw(task.variant, seed).answer:.4g}"
            return f"{value:.2g}"
    return given


def right_answer(task: Asked, seed: str) -> tuple[str, Verdict]:
    """The right answer as a poll counts it, and what is said to those who gave it."""
    match task:
        case Choice():
            right = next(option.text for option in task.options if option.right)
        case Number():
            right = repr(draw(task.variant, seed).answer)
        case Expression():
            right = _sum(task.grade_as)
    return countable(task, right, seed), grade(task, right, seed)


def bars(task: Asked, counts: Mapping[str, int], seed: str, *, revealed: bool) -> dict[str, int]:
    """Answers and how often each was given.

    Of a choice every option, in the order that everybody in the room sees; of a task to type in
    what was typed, most frequent first, and the right answer once it is revealed.
    """
    if isinstance(task, Choice):
        return {o.text: counts.get(o.text, 0) for o in shown_options(task, seed)}
    if not revealed:
        return dict(counts)
    right, _ = right_answer(task, seed)
    return {**counts, right: counts.get(right, 0)}


def _sum(grade_as: str) -> str:
    """The right answer to 1a, 1b or 1c, as one may type it."""
    if grade_as == "1c":
        return "phi_y(W_y sum(W_h^(T-i) W_x x_i, i=1..T))"
    (T,) = LENGTHS[grade_as]
    return f"phi_y({' + '.join(' '.join(word) for word in unrolled_words(T))})"
