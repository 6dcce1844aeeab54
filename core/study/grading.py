"""Grading the algebra of questions 1a, 1b and 1c: right or wrong, and what went wrong.

    1a   y_2        1b   y_3        1c   y_T = φ_y(W_y Σ_{i=1..T} W_h^{T-i} W_x x_i)

An answer is right when, multiplied out, it holds the same words in W_h, W_x, W_y, x_i as the
unrolled recurrence (`core.linear_rnn_symbols.words`); products do not commute. The general sum is
decided by writing it out for T = 1 … 5: two sums of this shape that agree there agree for every T,
since powers and indices are of first degree in T and i.
"""

from __future__ import annotations

from collections import Counter

from core.linear_rnn_symbols import Word, words
from core.study.diagnosis import diagnose
from core.study.notation import plain, right_hand_side
from core.study.sums import at, names
from core.study.sums_parser import MAX_CHARACTERS, parse
from core.study.verdict import Verdict

__all__ = ["Verdict", "canonical", "grade_expression", "unrolled_words"]

LENGTHS = {"1a": (2,), "1b": (3,), "1c": (1, 2, 3, 4, 5)}


def unrolled_words(T: int) -> Counter[Word]:
    """Σ_{i=1..T} W_y W_h^{T-i} W_x x_i, one word an input: what stands inside φ_y."""
    return Counter({("W_y", *["W_h"] * (T - i), "W_x", f"x_{i}"): 1 for i in range(1, T + 1)})


def grade_expression(question: str, text: str) -> Verdict:
    """Grade an answer to question 1a, 1b or 1c as typed. Never raises on any text.

    Raises ValueError only for a question that is none of the three.
    """
    if question not in LENGTHS:
        raise ValueError(f"Question {question!r} is not graded by algebra: 1a, 1b and 1c are.")
    try:
        if len(text) > MAX_CHARACTERS:
            raise ValueError(
                f"The answer has {len(text):,} characters: "
                f"write the expression alone, in at most {MAX_CHARACTERS:,}."
            )
        answer = parse(right_hand_side(plain(text)))
        typed = {T: words(at(answer, T)) for T in LENGTHS[question]}
    except ValueError as error:
        return Verdict(False, str(error))
    wrong = [T for T in LENGTHS[question] if typed[T] != _target(T)]
    if not wrong:
        return Verdict(True, _praise(question))
    if question == "1c" and len(wrong) == 4 and "T" not in names(answer):
        T = next(T for T in LENGTHS[question] if T not in wrong)
        return Verdict(
            False, f"This is right for T = {T} only: write the sum for every T, with T in it."
        )
    T = 3 if 3 in wrong else wrong[0]
    message = diagnose(typed[T], unrolled_words, T)
    return Verdict(False, f"Written out at T = {T}: {message}" if question == "1c" else message)


def canonical(question: str, text: str) -> str:
    """One spelling for all forms of the same answer, so that a poll can count them together."""
    try:
        T = 3 if question == "1c" else LENGTHS[question][0]
        typed = words(at(parse(right_hand_side(plain(text))), T))
    except ValueError:
        return "not readable"
    shown = " + ".join(sorted(_shown(word, often) for word, often in typed.items()))
    return shown if len(shown) <= 120 else shown[:119] + "…"


def _shown(word: Word, often: int) -> str:
    letters = [
        f"φ_y({' + '.join(sorted(_shown(term, k) for term, k in letter[1]))})"
        if isinstance(letter, tuple)
        else str(letter)
        for letter in word
    ]
    return ("" if often == 1 else f"{often} ") + " ".join(letters)


def _target(T: int) -> Counter[Word]:
    return Counter({(("phi_y", frozenset(unrolled_words(T).items())),): 1})


def _praise(question: str) -> str:
    return {
        "1a": "Right: each input once, and x_1 has passed through W_h once more than x_2.",
        "1b": "Right: each step back in time adds one factor W_h.",
        "1c": "Right: it agrees with the recurrence for T = 1 to 5, and so for every T.",
    }[question]
