"""Grading the algebra of questions 1a, 1b and 1c: right or wrong, and what went wrong.

    1a   y_2        1b   y_3        1c   y_T = φ_y(W_y Σ_{i=1..T} W_h^{T-i} W_x x_i)

An answer is right when, multiplied out, it holds the same words in W_h, W_x, W_y, x_i as the
unrolled recurrence (`core.linear_rnn.expansion`); products do not commute. The general sum is
decided by writing it out for T = 1 … 5, and for the T above that up to which a number in its limits
may still open a range (`reach`): two sums of this shape that agree there agree for every T, since
powers and indices are of first degree in T and i.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from core.linear_rnn.expansion import Expander, TooLong, Word
from core.linear_rnn.parsing.series_ast import MAX_TERMS, Node, expand, free_names, reach
from core.linear_rnn.parsing.series_parser import parse
from core.study.grading.feedback import feedback
from core.study.grading.grade import Grade

__all__ = ["Grade", "canonical", "grade_expression", "unrolled_words"]

LENGTHS = {"1a": (2,), "1b": (3,), "1c": (1, 2, 3, 4, 5)}


def unrolled_words(T: int) -> Counter[Word]:
    """Σ_{i=1..T} W_y W_h^{T-i} W_x x_i, one word for each input: the argument of φ_y."""
    return Counter({("W_y", *["W_h"] * (T - i), "W_x", f"x_{i}"): 1 for i in range(1, T + 1)})


def grade_expression(question: str, text: str) -> Grade:
    """Grade an answer to question 1a, 1b or 1c as typed. Never raises on any text.

    Raises ValueError only for a question that is none of the three.
    """
    if question not in LENGTHS:
        raise ValueError(f"Question {question!r} is not graded by algebra: 1a, 1b and 1c are.")
    expander = Expander()
    try:
        answer = parse(text)
        if question != "1c" and "T" in free_names(answer):
            raise ValueError(
                f"T has no value in y_{LENGTHS[question][0]}: write the number for it."
            )
        typed = {T: expand(answer, T, expander) for T in LENGTHS[question]}
    except ValueError as error:
        return Grade(False, str(error))
    wrong = [T for T in LENGTHS[question] if typed[T] != _target(T)]
    if not wrong:
        return (
            _for_every_length(answer, expander)
            if question == "1c"
            else Grade(True, _PRAISE[question])
        )
    if question == "1c" and len(wrong) == 4 and "T" not in free_names(answer):
        T = next(T for T in LENGTHS[question] if T not in wrong)
        return Grade(
            False, f"This is right for T = {T} only: write the sum for every T, with T in it."
        )
    T = 3 if 3 in wrong else wrong[0]
    message = feedback(typed[T], unrolled_words, T)
    return Grade(False, f"Written out at T = {T}: {message}" if question == "1c" else message)


def grade_output(T: int, text: str, *, start_state: bool = False, bias: bool = False) -> Grade:
    """Grade a typed y_T of the recurrence with h_0 or with a bias b. Never raises on any text.

    The terms of h_0 and of b are compared first; the rest is graded as in 1a and 1b.
    """
    added = Counter[Word]()
    if start_state:
        added[("W_y", *["W_h"] * T, "h_0")] = 1
    if bias:
        added.update({("W_y", *["W_h"] * k, "b"): 1 for k in range(T)})
    try:
        answer = parse(text)
        if "T" in free_names(answer):
            raise ValueError(f"T has no value in y_{T}: write the number for it.")
        typed = expand(answer, T, Expander())
    except ValueError as error:
        return Grade(False, str(error))
    if typed == Counter({(("phi_y", frozenset((unrolled_words(T) + added).items())),): 1}):
        powers = {1: "no factor W_h", 2: "one factor W_h"}.get(T, f"{T - 1} factors W_h")
        return Grade(True, f"Right: each input once, and x_1 has passed {powers}.")
    return Grade(False, feedback(typed, unrolled_words, T, added))


def canonical(question: str, text: str) -> str:
    """One spelling for all forms of the same answer, so that a poll can count them together."""
    try:
        T = 3 if question == "1c" else LENGTHS.get(question, (2,))[0]
        typed = expand(parse(text), T, Expander())
    except ValueError:
        return "not readable"
    shown = _total(typed.items())
    return shown if len(shown) <= 120 else shown[:119] + "…"


def _total(terms: Iterable[tuple[Word, int]]) -> str:
    return " + ".join(sorted(_shown(word, often) for word, often in terms)) or "0"


def _shown(word: Word, often: int) -> str:
    letters = [
        f"φ_y({_total(letter[1])})" if isinstance(letter, tuple) else str(letter) for letter in word
    ]
    return ("" if often == 1 else f"{often} ") + (" ".join(letters) or "I")


def _target(T: int) -> Counter[Word]:
    return Counter({(("phi_y", frozenset(unrolled_words(T).items())),): 1})


def _for_every_length(answer: Node, expander: Expander) -> Grade:
    """The grade of a general sum that is right for T = 1 … 5."""
    last = LENGTHS["1c"][-1] + reach(answer)
    if last > MAX_TERMS:
        return _OPEN
    for T in range(LENGTHS["1c"][-1] + 1, last + 1):
        try:
            typed = expand(answer, T, expander)
        except TooLong:
            return _OPEN
        except ValueError as error:
            return Grade(False, f"It is right for T = 1 to {T - 1} only: {error}")
        if typed != _target(T):
            why = feedback(typed, unrolled_words, T)
            return Grade(False, f"It is right for T = 1 to {T - 1} only; at T = {T}: {why}")
    return Grade(
        True, f"Right: it agrees with the recurrence for T = 1 to {last}, and so for every T."
    )


_OPEN = Grade(
    False,
    "It is right for T = 1 to 5, but the large numbers in its range cannot be checked: write a "
    "range such as i=1..T.",
)
_PRAISE = {
    "1a": "Right: each input once, and x_1 has passed through W_h once more than x_2.",
    "1b": "Right: each step back in time adds one factor W_h.",
}
