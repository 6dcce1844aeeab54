"""Checks whether a text follows the grammar of grammar.py and its agreements.

An Earley parser (1970, "An Efficient Context-Free Parsing Algorithm"): after each word it holds
every rule that may be in progress, so it knows which words may come next. This answers questions
about a language model trained on the grammar:

is_grammatical(text)   is this a whole dialogue of the language?
check(text)            how much of it follows the grammar, and how many agreements are right?
allowed_next(words)    which words may follow? (then: what share of its probability goes there?)
contrasts(n, seed)     n places where one form is right and another is wrong
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from core.data.text.grammar import FEATURES, grammar, sample
from core.tokenizer import START, split_words

KINDS = ("number", "name", "topic")


class _Item(NamedTuple):
    """A rule in progress: `rule` began at word `origin` and its first `dot` symbols are read."""

    rule: int
    dot: int
    origin: int


@lru_cache(maxsize=1)
def _rules() -> tuple[tuple[tuple[str, tuple[str, ...]], ...], dict[str, tuple[int, ...]]]:
    """All rules as (symbol, parts), words marked by a leading "'", and each symbol's rules."""
    from nltk import Nonterminal

    rules: list[tuple[str, tuple[str, ...]]] = []
    homes: dict[str, list[int]] = {}
    for production in grammar().productions():
        parts = (str(p) if isinstance(p, Nonterminal) else f"'{p}" for p in production.rhs())
        homes.setdefault(str(production.lhs()), []).append(len(rules))
        rules.append((str(production.lhs()), tuple(parts)))
    return tuple(rules), {symbol: tuple(numbers) for symbol, numbers in homes.items()}


class Reader:
    """Reads a dialogue word by word. `expected`: words that may come next; `complete`: may end."""

    def __init__(self) -> None:
        self._rules, self._homes = _rules()
        self._charts: list[set[_Item]] = []
        self._close([_Item(rule, 0, 0) for rule in self._homes["Talk"]])

    def _close(self, items: list[_Item]) -> None:
        """Add a chart: `items` and all that follows from them by prediction and completion."""
        here = len(self._charts)
        chart: set[_Item] = set(items)
        self._charts.append(chart)
        self.expected: frozenset[str] = frozenset()
        self.complete = False
        expected, predicted = set(), set()
        while items:
            rule, dot, origin = items.pop()
            symbol, parts = self._rules[rule]
            found: list[_Item] = []
            if dot == len(parts):
                self.complete |= symbol == "Talk" and origin == 0
                found = [
                    _Item(r, d + 1, o)
                    for r, d, o in self._charts[origin]
                    if d < len(self._rules[r][1]) and self._rules[r][1][d] == symbol
                ]
            elif parts[dot].startswith("'"):
                expected.add(parts[dot][1:])
            elif parts[dot] not in predicted:
                predicted.add(parts[dot])
                found = [_Item(r, 0, here) for r in self._homes[parts[dot]]]
            new = [item for item in found if item not in chart]
            chart.update(new)
            items.extend(new)
        self.expected = frozenset(expected)

    def read(self, word: str) -> bool:
        """Read one word; False, and nothing changes, when it may not come here."""
        if word not in self.expected:
            return False
        quoted = f"'{word}"
        self._close(
            [
                _Item(rule, dot + 1, origin)
                for rule, dot, origin in self._charts[-1]
                if dot < len(self._rules[rule][1]) and self._rules[rule][1][dot] == quoted
            ]
        )
        return True


def _families() -> dict[str, list[frozenset[str]]]:
    """For each kind of agreement the sets of words that stand in each other's places."""
    nouns = (*FEATURES["p"], *FEATURES["t"])
    number: list[tuple[str, ...]] = [
        ("is", "are"),
        ("does", "do"),
        ("this", "these"),
        ("it", "they", "them"),
    ]
    number += [(noun, f"{noun}s") for noun in nouns] + [(f"{v}s", v) for v in FEATURES["v"]]
    topic = [nouns, [f"{n}s" for n in nouns], FEATURES["v"], [f"{v}s" for v in FEATURES["v"]]]
    name = [FEATURES["a"], [a.upper() for a in FEATURES["a"]]]
    kinds: dict[str, Sequence[Sequence[str]]] = {"number": number, "name": name, "topic": topic}
    return {kind: [frozenset(f) for f in families] for kind, families in kinds.items()}


FAMILIES = _families()


def _bound(word: str, expected: frozenset[str]) -> list[tuple[str, frozenset[str]]]:
    """The agreements here: kind, and the one form of `word`'s family that may stand here."""
    return [
        (kind, family & expected)
        for kind, families in FAMILIES.items()
        for family in families
        if word in family and len(family & expected) == 1
    ]


@dataclass(frozen=True)
class Check:
    """What `check` found.

    words      how many words were read as part of the dialogue
    complete   at least one call and its answer were read to the end
    stopped    the word that has no place in the grammar, or None
    right      agreements kept, by kind: number, name, topic
    wrong      agreements broken, by kind
    """

    words: int
    complete: bool
    stopped: str | None
    right: dict[str, int]
    wrong: dict[str, int]

    @property
    def grammatical(self) -> bool:
        """No word out of place and no agreement broken."""
        return self.stopped is None and not any(self.wrong.values())


def words_of(text: str) -> list[str]:
    """The words of a text, as the tokenizer cuts them, without a leading `<START>`."""
    return split_words(text.removeprefix(START))


def is_grammatical(text: str) -> bool:
    """Whether the text is one whole dialogue of the language."""
    reader = Reader()
    return all(reader.read(word) for word in words_of(text)) and reader.complete


def allowed_next(words: Sequence[str]) -> frozenset[str]:
    """The words that may follow `words` in a dialogue; empty when it is over.

    Raises ValueError when the words are no beginning of a dialogue.
    """
    reader = Reader()
    for i, word in enumerate(words):
        if not reader.read(word):
            raise ValueError(f"Word {i + 1}, {word!r}, has no place in the grammar there.")
    return reader.expected


def check(text: str) -> Check:
    """Read a text (generated, say) as far as it is a dialogue, counting agreements.

    A broken agreement is counted and reading goes on as if the right form stood there; a word
    out of place ends the reading. So does the end of the dialogue: a model that was never shown
    what comes after it is not blamed for what it writes there.
    """
    reader = Reader()
    right, wrong = dict.fromkeys(KINDS, 0), dict.fromkeys(KINDS, 0)
    complete, count = False, 0
    for word in words_of(text):
        if not reader.expected:
            break
        bound = _bound(word, reader.expected)
        broken = [(kind, form) for kind, form in bound if word not in form]
        for kind, form in bound:
            (right if word in form else wrong)[kind] += 1
        if not reader.read(word):
            if not broken:
                return Check(count, complete, word, right, wrong)
            reader.read(min(broken[0][1]))
        count += 1
        complete |= reader.complete
    return Check(count, complete, None, right, wrong)


@dataclass(frozen=True)
class Contrast:
    """After `words`, `right` may come and `wrong`, of the same family, may not."""

    words: tuple[str, ...]
    right: str
    wrong: str
    kind: str


def contrasts(count: int, seed: int = 0) -> list[Contrast]:
    """`count` contrasts from random dialogues, the kinds of KINDS in turn (cf. Linzen et al. 2016).

    A model has learned an agreement when it finds the right form more probable than the wrong.
    """
    rng = np.random.default_rng(seed)
    found: dict[str, list[Contrast]] = {kind: [] for kind in KINDS}
    wanted = -(-count // len(KINDS))
    while min(map(len, found.values())) < wanted:
        reader, words = Reader(), sample(rng)
        for i, word in enumerate(words):
            for kind, _ in _bound(word, reader.expected):
                family = next(
                    f for f in FAMILIES[kind] if word in f and len(f & reader.expected) == 1
                )
                other = sorted(family - {word})
                if word == "it":  # compare number, not case: an object is expected alone
                    other = ["them"] if reader.expected == {"it"} else ["they"]
                elif word in ("they", "them"):
                    other = ["it"]
                wrong = other[int(rng.integers(len(other)))]
                found[kind].append(Contrast(tuple(words[:i]), word, wrong, kind))
            reader.read(word)
    return [c for turn in zip(*(found[kind] for kind in KINDS), strict=False) for c in turn][:count]
