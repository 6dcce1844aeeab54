"""Multiply out expressions of the RNN into sums of words, within a budget of letters.

    word     letters in their order, ("W_y", "W_h", "W_x", "x_1"); matrix products do not commute
    words    {word: count}; φ_y( … ) is one letter of a word, ("phi_y", its argument)

A power of a sum can explode: ((a + b)^64)^64 has 2^4096 words. The size of a sum, product or power
is therefore computed from the sizes of its parts before it is written, and checked against the
budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, product
from math import prod
from typing import Any

Word = tuple[Any, ...]

MAX_LETTERS = 60_000  # for one answer, including intermediate results and all lengths T
STEP = 10  # letters charged for each operation as well


class TooLong(ValueError):
    """The expression exceeds the budget of letters; the message is one sentence."""


@dataclass(frozen=True)
class Expanded:
    """An expression multiplied out, and its size before equal words were collected."""

    words: dict[Word, int]
    terms: int
    letters: int  # of all terms; I and 0 count as one, φ_y( … ) includes its argument


class Expander:
    """Adds and multiplies expanded expressions within one budget of letters.

    Every method raises TooLong before it writes more than the budget allows.
    """

    def __init__(self) -> None:
        self.left = MAX_LETTERS

    def letter(self, name: str) -> Expanded:
        return self._written({(name,): 1}, 1, 1)

    def whole(self, number: int) -> Expanded:
        """`number` times the identity: 0 for nothing, 1 for I."""
        return self._written({(): number} if number else {}, 1, 1)

    def phi_y(self, inside: Expanded) -> Expanded:
        letters = self._paid(inside.letters + 1)
        word = ("phi_y", frozenset(inside.words.items()))
        return Expanded({(word,): 1}, 1, letters)

    def sum(self, parts: Sequence[Expanded]) -> Expanded:
        letters = self._paid(sum(part.letters for part in parts))
        words: dict[Word, int] = {}
        for part in parts:
            for word, count in part.words.items():
                words[word] = words.get(word, 0) + count
        words = {word: count for word, count in words.items() if count}
        return Expanded(words, max(1, sum(part.terms for part in parts)), max(1, letters))

    def product(self, factors: Sequence[Expanded]) -> Expanded:
        """Every term of the first factor times every term of the next, and so on."""
        terms, letters = 1, 0
        for factor in factors:
            letters = letters * factor.terms + terms * factor.letters
            terms *= factor.terms
            self._affordable(letters)
        self._paid(letters)
        words: dict[Word, int] = {}
        for parts in product(*(factor.words.items() for factor in factors)):
            word = tuple(chain.from_iterable(part for part, _ in parts))
            words[word] = words.get(word, 0) + prod(count for _, count in parts)
        return Expanded(words, terms, max(1, letters))

    def power(self, base: Expanded, exponent: int) -> Expanded:
        return self.product([base] * min(exponent, MAX_LETTERS + 1))

    def _written(self, words: dict[Word, int], terms: int, letters: int) -> Expanded:
        return Expanded(words, terms, self._paid(letters))

    def _affordable(self, letters: int) -> None:
        if letters > self.left:
            raise TooLong(
                f"Multiplied out, the expression has more than the {MAX_LETTERS:,} letters "
                f"allowed for one answer: use fewer sums, and smaller powers of them."
            )

    def _paid(self, letters: int) -> int:
        self._affordable(letters + STEP)
        self.left -= letters + STEP
        return letters
