"""An essay is read for its key points: which of them does a sentence of it make?

Words are compared by their stems (M. Porter's Snowball rules for English, in NLTK), so "fades" is
found in "fading". A word does not count

- after "not", "never", "hardly" … in the same clause, unless the phrase sought begins with it, and
  after "it is not true that" and the like;
- in a run of four or more words that is copied from the question;
- in a sentence, or two, of fewer than four different words or of more than sixty.

Nothing that was typed is evaluated; 5,000 characters take a few hundredths of a second.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

from core.study.points import Point

MAX_TEXT = 5000
COPIED = 4  # words in a row
FEWEST = 4  # different words of a sentence
LONGEST = 60  # words of a sentence: more without a full stop is a list of words
REACH = 3  # words over which a negation reaches
BREAK = ","  # a token between clauses

_NEGATIONS = frozenset(
    ("not", "never", "no", "none", "nor", "neither", "without", "hardly", "cannot", "nothing")
) | {"dont", "doesnt", "isnt", "wont", "cant"}
_NUMBERS = {"zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "ten": "10"}
_WRITTEN = (
    (r"n['’]t\b", " not"),
    (r"\bλ_?\{?(i|k|max|1)\b", " λ "),
    (r"<|≪", " below "),
    (r">|≫", " above "),
    (r"≤|≥|=", " equals "),
    (r"[−–—‐‑-]", " "),
    (r"\\(?=[a-z])", " "),  # the command of a formula is read as its name
    (r"[_^{}$\\*`|‖'’]", ""),
)
_TOKEN = re.compile(r"[^\W_]+(?:\.\d+)?|[,;:()]")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|[\n\r]+")
_ONLY = frozenset(("onli", "just", "mere"))
_FILLERS = frozenset(("in", "ani", "way", "at", "all", "realli", "ever", "simpli", "actual"))
_FALSE = frozenset(("fals", "wrong", "incorrect", "untru", "myth"))
_HELD = frozenset(("true", "right", "case", "correct", "think", "believ", "say", "claim", "mean"))
_COMMON = frozenset(["but", "whereas", "while", "although", "though"])


def found(
    text: str, points: Sequence[Point], question: Sequence[str] = ()
) -> tuple[str | None, ...]:
    """For each point the sentence of `text` that makes it, or None.

    question: the texts that the student was shown; what is copied from them does not count.
    """
    return _found(text[:MAX_TEXT], tuple(points), tuple(question))


@lru_cache(maxsize=256)  # a page asks again at every change of a control
def _found(
    text: str, points: tuple[Point, ...], question: tuple[str, ...]
) -> tuple[str | None, ...]:
    copied = _runs(question)
    sentences = [s.strip() for s in _SENTENCE.split(text) if s.strip()]
    own = {s: _own_words(tokens(s), copied) for s in dict.fromkeys(sentences)}
    read = [own[sentence] for sentence in sentences]
    pairs = [_sentence([*a, BREAK, *b]) for a, b in pairwise(read)]
    read = [_sentence(words) for words in read]
    made: list[str | None] = []
    for point in points:
        places = [i for i, words in enumerate(read) if words and _makes(words, point)]
        double = [i for i, words in enumerate(pairs) if words and _makes(words, point)]
        if places:
            made.append(sentences[places[0]])
        else:
            made.append(" ".join(sentences[double[0] : double[0] + 2]) if double else None)
    return tuple(made)


def tokens(text: str) -> tuple[str, ...]:
    """The stems of the words, numbers as digits, and "," where a clause ends."""
    text = unicodedata.normalize("NFKC", text.lower())[:MAX_TEXT]  # x₁ is x1, T² is T2
    for pattern, replacement in _WRITTEN:
        text = re.sub(pattern, replacement, text)
    return tuple(
        BREAK if word in ",;:()" or word in _COMMON else _NUMBERS.get(word) or _stem(word)
        for word in _TOKEN.findall(text)
    )


@cache
def _stemmer() -> Any:
    from nltk.stem.snowball import EnglishStemmer

    return EnglishStemmer()


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    return word if word in _NEGATIONS else str(_stemmer().stem(word[:40]))


@lru_cache(maxsize=128)
def _runs(texts: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    """All runs of COPIED words of the question."""
    every = [[word for word in tokens(text) if word != BREAK] for text in texts]
    return frozenset(
        tuple(words[i : i + COPIED]) for words in every for i in range(len(words) - COPIED + 1)
    )


def _own_words(words: Sequence[str], copied: frozenset[tuple[str, ...]]) -> list[str]:
    """The words, with "," for each that is copied from the question.

    Commas of the text are passed over: a copied run may have been cut differently.
    """
    places = [i for i, word in enumerate(words) if word != BREAK]
    positions: set[int] = set()
    for start in range(len(places) - COPIED + 1):
        run = places[start : start + COPIED]
        if tuple(words[i] for i in run) in copied:
            positions.update(run)
    return [BREAK if i in positions else word for i, word in enumerate(words)]


def _sentence(words: list[str]) -> list[str]:
    """The words if they can be a sentence, else none."""
    return words if len(words) <= LONGEST and len(set(words) - {BREAK}) >= FEWEST else []


def _makes(words: Sequence[str], point: Point) -> bool:
    present = frozenset(words)
    return all(
        any(key[0] in present and _stands(words, key) for key in map(_key, keys))
        for keys in point.needs
    )


@lru_cache(maxsize=4096)
def _key(phrase: str) -> tuple[str, ...]:
    return tokens(phrase)


def _stands(words: Sequence[str], key: tuple[str, ...]) -> bool:
    """Whether the text contains the key and does not deny it."""
    size = len(key)
    for i in range(len(words) - size + 1):
        if tuple(words[i : i + size]) == key and not _denied(words, i, key):
            return True
    return False


def _denied(words: Sequence[str], start: int, key: tuple[str, ...]) -> bool:
    """Whether a negation reaches to this place, with no end of a clause between.

    It reaches over REACH words, fillers not counted; to the end of its clause in "it is not true
    that …" and "it is false that …". "Not only" is no negation.
    """
    if key[0] in _NEGATIONS:
        return False
    passed = 0
    clause: list[str] = []  # the words between, last first
    for i in range(start - 1, -1, -1):
        word = words[i]
        if word == BREAK:
            return False
        if word in _FALSE and "that" in clause:
            return True
        if word in _NEGATIONS and words[i + 1] not in _ONLY:
            reported = "that" in clause or "say" in clause
            if passed < REACH or (reported and _HELD & {*clause[-REACH:]}):
                return True
        clause.append(word)
        passed += word not in _FILLERS
    return False
