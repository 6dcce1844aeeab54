"""Faults of decoding: temperature, nucleus, and the two things a cache must count."""

from __future__ import annotations

import numpy as np

from core.study.faults.fault import Array, Fault, softmax

PROBABILITIES = (0.62, 0.15, 0.1, 0.08, 0.05)
PROMPT, NEW = 4, 3  # tokens
SHOWN = 5


def at_temperature(logits: Array, t: float) -> Array:
    """softmax(l / t)."""
    return softmax(logits / t)


def at_temperature_multiplied(logits: Array, t: float) -> Array:
    """softmax(l · t)."""
    return softmax(logits * t)


def nucleus(probabilities: Array, p: float) -> Array:
    """Of sorted probabilities, those whose sum before them is below p; the others become 0."""
    before = np.cumsum(probabilities) - probabilities
    return np.where(before < p, probabilities, 0.0)


def nucleus_without_crossing(probabilities: Array, p: float) -> Array:
    """Those whose own sum is at most p: the token that crosses p is lost."""
    return np.where(np.cumsum(probabilities) <= p, probabilities, 0.0)


def cached_weights(q: Array, k: Array) -> Array:
    """Weights of token after token over a cache of keys, (T, T), zero where there is no key."""
    cache, length, rows = np.zeros_like(k), 0, np.zeros((len(q), len(q)))
    for t in range(len(q)):
        cache[length] = k[t]
        length += 1  # noqa: SIM113  what the fault below forgets
        rows[t, :length] = softmax(q[t] @ cache[:length].T / np.sqrt(q.shape[-1]))
    return rows


def cached_weights_not_advanced(q: Array, k: Array) -> Array:
    """The length is not advanced: each key overwrites the one before."""
    cache, length, rows = np.zeros_like(k), 0, np.zeros((len(q), len(q)))
    for t in range(len(q)):
        cache[length] = k[t]
        rows[t, : length + 1] = softmax(q[t] @ cache[: length + 1].T / np.sqrt(q.shape[-1]))
    return rows


def embed_next(table: Array, past: int, new: Array) -> Array:
    """New embeddings (T, dim) with the positions that follow `past` tokens."""
    return np.asarray(new + table[past : past + len(new)])


def embed_next_restarted(table: Array, past: int, new: Array) -> Array:
    """With the positions counted from 0 again."""
    return np.asarray(new + table[: len(new)])


def _logits() -> tuple[Array, float]:
    return np.array([4.0, 3.0, 2.0, 1.0, 0.0]), 2.0


def _keys() -> tuple[Array, Array]:
    rng = np.random.default_rng(3)
    return rng.normal(size=(SHOWN, 16)), rng.normal(size=(SHOWN, 16))


def _positions() -> tuple[Array, int, Array]:
    """A table whose row i holds the number i, and new tokens of zeros."""
    return np.arange(16.0)[:, None], PROMPT, np.zeros((NEW, 1))


GENERATING = {
    "temperature": Fault(
        "Probabilities of five tokens with the logits 4, 3, 2, 1, 0 at t = 2",
        "The largest probability",
        True, at_temperature_multiplied, at_temperature, _logits,
        lambda p: p, lambda p: float(p.max()),
    ),
    "crossing": Fault(
        "What is kept of 0.62, 0.15, 0.10, 0.08, 0.05 for p = 0.5", "How many tokens are kept",
        False, nucleus_without_crossing, nucleus, lambda: (np.array(PROBABILITIES), 0.5),
        lambda kept: kept, lambda kept: float((kept > 0).sum()),
    ),
    "cache": Fault(
        "How many keys each of five tokens sees", "How many keys the last token sees",
        False, cached_weights_not_advanced, cached_weights, _keys,
        lambda rows: (rows > 0).sum(-1), lambda rows: float((rows[-1] > 0).sum()),
    ),
    "positions": Fault(
        f"Positions of the {NEW} tokens after a prompt of {PROMPT}",
        "The position of the first new token",
        False, embed_next_restarted, embed_next, _positions,
        np.ravel, lambda x: float(x[0, 0]),
    ),
}  # fmt: skip
