"""What goes wrong with generated text, in numbers: repetition, diversity, probability, copying.

A text is a sequence of ids. An n-gram is n of them in a row.

    rep-n       share of the n-grams of a text that occurred in it before
                (Welleck et al. 2020, "Neural Text Generation with Unlikelihood Training", 6.1)
    distinct-n  different n-grams of all texts together, divided by their number
                (Li et al. 2016, "A Diversity-Promoting Objective Function …", section 5.1)
    copied-8    share of the 8-grams that occur in the training text word for word

Nothing here imports torch.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Text = Sequence[int]
Value = TypeVar("Value")
COPY_LENGTH = 8


@dataclass(frozen=True)
class TextQuality:
    """Measures of a set of texts, each from 0 to 1 except the last.

    copied: None if the training text is not available. mean_log_probability: nats a token,
    of the texts under the model at temperature 1.
    """

    rep4: float
    distinct1: float
    distinct2: float
    copied: float | None
    mean_log_probability: float


def measure(
    texts: Sequence[Text], log_probability: NDArray[np.float32], training: "NGramIndex | None"
) -> TextQuality:
    """All measures; texts: B of T ids, log_probability: (B, T) of their tokens, in nats,
    NaN where it does not count.

    Errors: ValueError when there is no text.
    """
    if not texts:
        raise ValueError("There is no text to measure.")
    return TextQuality(
        rep4=float(np.mean([repetition(text, 4) for text in texts])),
        distinct1=distinct(texts, 1),
        distinct2=distinct(texts, 2),
        copied=None if training is None else float(np.mean([training.share(t) for t in texts])),
        mean_log_probability=float(np.nanmean(log_probability)),
    )


def n_grams(text: Text, n: int) -> list[tuple[int, ...]]:
    """The T-n+1 n-grams of a text of T ids, in order; none if it is shorter."""
    return list(zip(*(text[i:] for i in range(n)), strict=False))


def repetition(text: Text, n: int) -> float:
    """rep-n = 1 - |different n-grams| / |n-grams|; 0 for a text with less than n ids."""
    grams = n_grams(text, n)
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


def distinct(texts: Iterable[Text], n: int) -> float:
    """distinct-n = |different n-grams| / |n-grams| over all texts together; 0 if there is none."""
    grams = [gram for text in texts for gram in n_grams(text, n)]
    return len(set(grams)) / len(grams) if grams else 0.0


def repeated(text: Text, n: int = 4) -> list[bool]:
    """For each token: is it part of an n-gram that occurred earlier in the same text?"""
    marks = [False] * len(text)
    seen = set()
    for start, gram in enumerate(n_grams(text, n)):
        if gram in seen:
            marks[start : start + n] = [True] * n
        seen.add(gram)
    return marks


class NGramIndex:
    """All n-grams of a corpus, as sorted 64-bit hashes: 8 MB for a million words."""

    def __init__(self, texts: Iterable[Text], n: int = COPY_LENGTH):
        self.n = n
        hashes = [_hashes(np.asarray(text, dtype=np.uint64), n) for text in texts]
        self.hashes = np.unique(np.concatenate([np.empty(0, np.uint64), *hashes]))

    def contains(self, text: Text) -> NDArray[np.bool_]:
        """For each of the T-n+1 n-grams of the text: is it in the corpus?"""
        hashes = _hashes(np.asarray(text, dtype=np.uint64), self.n)
        if not len(self.hashes):
            return np.zeros(len(hashes), dtype=bool)
        places = np.searchsorted(self.hashes, hashes).clip(max=len(self.hashes) - 1)
        return np.asarray(self.hashes[places] == hashes)

    def share(self, text: Text) -> float:
        """The share of the text's n-grams that are in the corpus; 0 if it has none."""
        copied = self.contains(text)
        return float(copied.mean()) if len(copied) else 0.0


def pieces(texts: Iterable[Sequence[Value]], length: int, count: int) -> list[list[Value]]:
    """`count` pieces of `length`, spread evenly over the texts laid end to end.

    They make held-out dialogues as long as the texts they are compared with.
    Errors: ValueError when there is too little text.
    """
    stream = [value for text in texts for value in text]
    if len(stream) < length * count:
        raise ValueError(
            f"The held-out text has {len(stream):,} words, too few for {count} pieces of {length}."
        )
    stride = (len(stream) - length) // max(1, count - 1)
    return [stream[i * stride : i * stride + length] for i in range(count)]


def _hashes(ids: NDArray[np.uint64], n: int) -> NDArray[np.uint64]:
    """A 64-bit hash of every n-gram: a polynomial in an odd number, modulo 2^64."""
    if len(ids) < n:
        return np.empty(0, np.uint64)
    base = np.uint64(0x9E3779B97F4A7C15)
    value = np.zeros(len(ids) - n + 1, dtype=np.uint64)
    for i in range(n):
        value = value * base + ids[i : i + len(value)] + np.uint64(1)
        value ^= value >> np.uint64(29)
    return value
