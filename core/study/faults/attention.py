"""Faults of attention and of what reads its output.

q, k: (T, n), the mask (T, T) of 0/1, z: (B, 1 + P, dim) with the class token first.
"""

from __future__ import annotations

import numpy as np

from core.study.faults.fault import Array, Fault, softmax

T, N = 5, 64


def weights(q: Array, k: Array) -> Array:
    """softmax(q kᵀ / √n) over the keys, (T_q, T_k)."""
    return softmax(q @ k.T / np.sqrt(q.shape[-1]))


def weights_unscaled(q: Array, k: Array) -> Array:
    """Without the division by √n."""
    return softmax(q @ k.T)


def weights_by_column(q: Array, k: Array) -> Array:
    """With the softmax over the queries."""
    return softmax(q @ k.T / np.sqrt(q.shape[-1]), axis=-2)


def causal_weights(q: Array, k: Array) -> Array:
    """With the mask before the softmax: later keys get a score of minus infinity."""
    scores = q @ k.T / np.sqrt(q.shape[-1])
    return softmax(np.where(np.tri(len(q), dtype=bool), scores, -np.inf))


def causal_weights_too_late(q: Array, k: Array) -> Array:
    """With the mask after the softmax: the rows keep what the later keys took from them."""
    return np.asarray(weights(q, k) * np.tri(len(q)))


def read_class_token(z: Array, W: Array) -> Array:
    """The classifier reads token 0, (B, classes)."""
    return np.asarray(z[:, 0] @ W.T)


def read_last_patch(z: Array, W: Array) -> Array:
    """The classifier reads the last token, a patch."""
    return np.asarray(z[:, -1] @ W.T)


def heads_joined(heads: Array) -> Array:
    """(H, T, n) -> (T, H n): the heads of one token side by side."""
    return np.asarray(heads.transpose(1, 0, 2).reshape(heads.shape[1], -1))


def heads_joined_unturned(heads: Array) -> Array:
    """Reshaped without the transpose: a row holds one head of several tokens."""
    return np.asarray(heads.reshape(heads.shape[1], -1))


def _queries_and_keys() -> tuple[Array, Array]:
    rng = np.random.default_rng(1)
    return rng.normal(size=(T, N)), rng.normal(size=(T, N))


def _two_pictures() -> tuple[Array, Array]:
    """Two pictures whose class tokens differ and whose last patches are the same background."""
    rng = np.random.default_rng(2)
    z, W = rng.normal(size=(2, 10, 4)), rng.normal(size=(3, 4))
    z[1, -1] = z[0, -1]
    return z, W


def _numbered_heads() -> tuple[Array]:
    """2 heads of 4 tokens, n = 2; the number before the point is the token."""
    token = np.arange(4.0)[None, :, None]
    head = np.arange(2.0)[:, None, None] / 10
    return (np.broadcast_to(token + head, (2, 4, 2)).copy(),)


ATTENTION = {
    "no_scale": Fault(
        "Weights of the first query on the five keys, n = 64", "The largest weight",
        True, weights_unscaled, weights, _queries_and_keys,
        lambda A: A[0], lambda A: float(A.max(-1).mean()),
    ),
    "wrong_axis": Fault(
        "Sum of the weights of each query", "The largest distance of such a sum from 1",
        True, weights_by_column, weights, _queries_and_keys,
        lambda A: A.sum(-1), lambda A: float(np.abs(A.sum(-1) - 1).max()),
    ),
    "late_mask": Fault(
        "Sum of the weights of each query, first to last", "The sum of the first query's weights",
        False, causal_weights_too_late, causal_weights, _queries_and_keys,
        lambda A: A.sum(-1), lambda A: float(A[0].sum()),
    ),
    "class_token": Fault(
        "Three scores of one picture, then of another with the same last patch",
        "The largest difference between the scores of the two pictures",
        False, read_last_patch, read_class_token, _two_pictures,
        np.ravel, lambda scores: float(np.abs(scores[0] - scores[1]).max()),
    ),
    "heads_mixed": Fault(
        "What token 0 gets from 2 heads of width 2; before the point stands the token",
        "The number of tokens that are mixed in one row",
        True, heads_joined_unturned, heads_joined, _numbered_heads,
        lambda rows: rows[0], lambda rows: float(len(np.unique(np.floor(rows[0])))),
    ),
}  # fmt: skip
