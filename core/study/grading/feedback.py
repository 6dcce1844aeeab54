"""What is wrong with an expanded answer: the usual mistakes, checked one after the other.

The sentences say where to look, and never what the answer is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from core.linear_rnn.expansion import Word

Terms = Counter[Word]


_NONE: Terms = Counter()


def feedback(typed: Terms, unrolled: Callable[[int], Terms], T: int, added: Terms = _NONE) -> str:
    """One sentence: why `typed`, multiplied out at length T, is not φ_y of `unrolled(T)`.

    added: the terms of a start state h_0 and of a bias b, where the recurrence has them.
    """
    activated = [word for word in typed if any(_is_phi(letter) for letter in word)]
    if not activated:
        if typed == unrolled(T) + added:
            return "Only φ_y is missing: the output is y_t = φ_y(W_y h_t)."
        return (
            f"φ_y is missing, and there is a second mistake. {_inside(typed, unrolled, T, added)}"
        )
    if len(typed) > 1 or typed[activated[0]] > 1:
        return (
            "φ_y is applied once, to the whole sum: "
            "φ_y(a) + φ_y(b) is not φ_y(a + b) unless φ_y is linear."
        )
    (word,) = typed
    if len(word) > 1:
        outside = [letter for letter in word if not _is_phi(letter)]
        if outside == ["W_y"]:
            return "W_y is outside φ_y, but the output is y_t = φ_y(W_y h_t)."
        return "φ_y comes last: the output y_t = φ_y(W_y h_t) is not multiplied by anything."
    inside: Terms = Counter(dict(sorted(word[0][1], key=str)))
    if any(_is_phi(letter) for term in inside for letter in term):
        return (
            "There is a φ_y inside φ_y. The states are linear; φ_y is applied to the output only."
        )
    return _inside(inside, unrolled, T, added)


def _inside(typed: Terms, unrolled: Callable[[int], Terms], T: int, added: Terms) -> str:
    wrong = _added(typed, added)
    typed = Counter({word: n for word, n in typed.items() if word not in added})
    return (
        wrong
        or _leftovers(typed, T)
        or _inputs(typed, unrolled, T)
        or _factors(typed, T)
        or _GENERAL
    )


def _added(typed: Terms, added: Terms) -> str:
    """Terms of h_0 or b that are missing, miscounted or of the wrong power."""
    for letter in dict.fromkeys(word[-1] for word in added):
        here = Counter({word: n for word, n in typed.items() if letter in word})
        wanted = Counter({word: n for word, n in added.items() if letter in word})
        if not here:
            return f"The terms of {letter} are missing: this recurrence has {letter}."
        if here != wanted:
            number = sum(wanted.values())
            return (
                f"The part with {letter} is not right: it has {number} "
                f"term{'' if number == 1 else 's'}, and in each the power of W_h counts the "
                f"steps that {letter} has waited."
            )
    return ""


_GENERAL = (
    "Your expression differs from the recurrence: substitute one step at a time and "
    "compare the terms."
)


def _leftovers(typed: Terms, T: int) -> str:
    """States that were not substituted, a bias, and terms without exactly one input."""
    for letter in sorted({str(letter) for word in typed for letter in word}):
        if letter == "h_0":
            return (
                "Your expression contains h_0, but the start state is zero, so its term vanishes."
            )
        if letter.startswith("h_"):
            return (
                f"Your expression still contains {letter}: substitute until only inputs x_i "
                "are left."
            )
        if letter == "b":
            return "There is no bias b in this recurrence: h_t = W_h h_{t-1} + W_x x_t."
    for word in typed:
        inputs = [letter for letter in word if letter.startswith("x_")]
        if not inputs:
            return f"The term {_spell(word)} has no input: every term ends in some x_i."
        if len(inputs) > 1:
            return f"The term {_spell(word)} has more than one input: every term has exactly one."
    return ""


def _inputs(typed: Terms, unrolled: Callable[[int], Terms], T: int) -> str:
    """Inputs that are missing, come after step T, or occur in more than one term."""
    for other in range(1, T + 3):
        if other != T and typed == unrolled(other):
            return f"This is y_{other}, but the question asks for y_{T}."
    count: Counter[int] = Counter()
    for word, often in typed.items():
        count[_input(word)] += often
    for i in sorted(count):
        if i > T:
            return f"x_{i} is read at step {i}, but the output is that of step {T}."
    for i in range(1, T + 1):
        if not count[i]:
            return f"The input {_named(i, T)} is missing: every input up to step T gives one term."
    for i, often in sorted(count.items()):
        if often > 1:
            return f"The input x_{i} is in {often} terms, but each input is read once."
    return ""


def _factors(typed: Terms, T: int) -> str:
    """Factors that are missing, doubled, out of order or miscounted; every input has one term."""
    by_input = sorted(typed, key=_input)
    for matrix in ("W_y", "W_x"):
        lacking = [word for word in by_input if matrix not in word]
        if len(lacking) == T:
            return f"{matrix} is missing in every term."
        if lacking:
            return f"{matrix} is missing in the term of {lacking[0][-1]}."
    for word in by_input:
        for matrix in ("W_y", "W_x"):
            if word.count(matrix) > 1:
                return f"The term of x_{_input(word)} has {matrix} more than once."
    for word in by_input:
        k = word.count("W_h")
        if word != ("W_y", *["W_h"] * k, "W_x", f"x_{_input(word)}"):
            return (
                f"The factors of {_spell(word)} are in the wrong order: matrix products do not "
                "commute, and the factor that acts first is on the right."
            )
    powers = {_input(word): word.count("W_h") for word in by_input}
    if T > 1 and all(k == i - 1 for i, k in powers.items()):
        return (
            "The powers are in reverse order: the oldest input has passed through W_h most "
            "often, the newest not at all."
        )
    for i, k in powers.items():
        off = k - (T - i)
        if off:
            times = f"{abs(off)} too {'many' if off > 0 else 'few'}"
            return (
                f"A power of W_h is wrong in the term of {_named(i, T)} ({times}): count the "
                f"steps from step {i}, where x_{i} is read, to step {T}."
            )
    return ""


def _is_phi(letter: object) -> bool:
    return isinstance(letter, tuple)


def _input(word: Word) -> int:
    return next(int(letter[2:]) for letter in word if letter.startswith("x_"))


def _named(i: int, T: int) -> str:
    return f"x_{i} (= x_T)" if i == T else f"x_{i}"


def _spell(word: Word) -> str:
    shown = " ".join(str(letter) for letter in word[:8])
    return shown + (" …" if len(word) > 8 else "")
