"""Expressions of the RNN multiplied out: sums of words, every letter paid for before it is written.

    word     letters in their order, ("W_y", "W_h", "W_x", "x_1"); matrix products do not commute
    words    {word: how often}; φ_y( … ) is one letter of a word, ("phi_y", what is inside)

A power of a sum grows without end: ((a + b)^64)^64 has 2^4096 words. So the size of a sum, product
or power is worked out from the sizes of its parts first, and no number here outgrows the budget.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, product
from math import prod
from typing import Any

Word = tuple[Any, ...]

MAX_LETTERS = 60_000  # written for one answer, on the way to its words and at every length T
STEP = 10  # letters that one step of the way costs besides


class TooLong(ValueError):
    """The budget of letters has no room for it."""


@dataclass(frozen=True)
class Expanded:
    """An expression multiplied out, and its size on paper before equal words were collected."""

    words: Counter[Word]
    terms: int
    letters: int  # of all terms; I and 0 count as one, φ_y( … ) with all that is inside


class Expander:
    """Adds and multiplies what is multiplied out, within one budget of letters.

    Every method raises TooLong, one sentence, before it writes what the budget has no room for.
    """

    def __init__(self) -> None:
        self.left = MAX_LETTERS

    def letter(self, name: str) -> Expanded:
        return self._written(Counter({(name,): 1}), 1, 1)

    def whole(self, number: int) -> Expanded:
        """A number of identities: 0 for nothing, 1 for I."""
        return self._written(Counter({(): number} if number else {}), 1, 1)

    def phi_y(self, inside: Expanded) -> Expanded:
        letters = self._paid(inside.letters + 1)
        word = ("phi_y", frozenset(inside.words.items()))
        return Expanded(Counter({(word,): 1}), 1, letters)

    def sum(self, parts: Sequence[Expanded]) -> Expanded:
        letters = self._paid(sum(part.letters for part in parts))
        words: Counter[Word] = Counter()
        for part in parts:
            words.update(part.words)
        kept = Counter({word: often for word, often in words.items() if often})
        return Expanded(kept, max(1, sum(part.terms for part in parts)), max(1, letters))

    def product(self, factors: Sequence[Expanded]) -> Expanded:
        """Every term of the first factor times every term of the next, and so on."""
        terms, letters = 1, 0
        for factor in factors:
            letters = letters * factor.terms + terms * factor.letters
            terms *= factor.terms
            self._affordable(letters)
        self._paid(letters)
        words: Counter[Word] = Counter()
        for chosen in product(*(factor.words.items() for factor in factors)):
            word = tuple(chain.from_iterable(part for part, _ in chosen))
            words[word] += prod(often for _, often in chosen)
        return Expanded(words, terms, max(1, letters))

    def power(self, base: Expanded, exponent: int) -> Expanded:
        return self.product([base] * min(exponent, MAX_LETTERS + 1))

    def _written(self, words: Counter[Word], terms: int, letters: int) -> Expanded:
        return Expanded(words, terms, self._paid(letters))

    def _affordable(self, letters: int) -> None:
        if letters > self.left:
            raise TooLong(
                f"Multiplied out, the expression is longer than the {MAX_LETTERS:,} letters that "
                f"are written for one answer: use fewer sums, and smaller powers of them."
            )

    def _paid(self, letters: int) -> int:
        self._affordable(letters + STEP)
        self.left -= letters + STEP
        return letters
