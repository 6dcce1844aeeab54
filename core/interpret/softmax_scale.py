"""Why scores are divided by √n: the entropy of the softmax, and its gradient, against n.

For entries of mean 0 and variance 1, q · k = Σ_i q_i k_i has variance n: the scores of a head grow
like √n, and the softmax of large scores is one key alone. Its gradient there is nearly zero:

    p = softmax(s),  ∂p/∂s = diag(p) − p pᵀ

Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.2.1, footnote 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

WIDTHS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
KEYS, QUERIES = 8, 400


def softmax(scores: Array) -> Array:
    """Each row sums to one: (..., T) -> (..., T)."""
    p: Array = np.exp(scores - scores.max(-1, keepdims=True))
    return np.asarray(p / p.sum(-1, keepdims=True))


def entropy(p: Array) -> Array:
    """−Σ_j p_j ln p_j in nats: 0 for one key alone, ln T for equal weights. (..., T) -> (...)."""
    return np.asarray(-(p * np.log(np.where(p > 0, p, 1.0))).sum(-1))


def jacobian(p: Array) -> Array:
    """∂p/∂s = diag(p) − p pᵀ of p = softmax(s): (..., T) -> (..., T, T)."""
    return np.asarray(p[..., None] * np.eye(p.shape[-1]) - p[..., :, None] * p[..., None, :])


def gradient_norm(p: Array) -> Array:
    """‖diag(p) − p pᵀ‖, the root of the sum of all squares: (..., T) -> (...)."""
    return np.asarray(np.linalg.norm(jacobian(p), axis=(-2, -1)))


def by_autograd(scores: Array) -> Array:
    """∂p/∂s of one row of scores (T,) by torch's automatic differentiation: (T, T)."""
    import torch

    s = torch.from_numpy(np.ascontiguousarray(scores))
    J = torch.autograd.functional.jacobian(lambda row: row.softmax(-1), s)
    return np.asarray(J.numpy())


def scores_by_width(n: int, queries: int = 1, seed: int = 0) -> Array:
    """q · k of the first 1, 2, … n features: (n, queries, KEYS), all entries standard normal."""
    rng = np.random.default_rng(seed)
    q, k = rng.normal(size=(n, queries, 1)), rng.normal(size=(n, queries, KEYS))
    return np.asarray(np.cumsum(q * k, axis=0))


@lru_cache(maxsize=1)
def one_query() -> Array:
    """The scores of the query that the lesson shows, at every n up to 256: (256, KEYS)."""
    return scores_by_width(WIDTHS[-1])[:, 0]


@dataclass(frozen=True)
class Curves:
    """Means over many queries at each of `widths`, of scores divided by √n and not."""

    widths: tuple[int, ...]
    entropy: dict[str, list[float]]
    gradient: dict[str, list[float]]


@lru_cache(maxsize=1)
def curves() -> Curves:
    """Entropy and gradient of the softmax against n, "divided" and "undivided"."""
    scores = scores_by_width(WIDTHS[-1], queries=QUERIES, seed=1)[np.array(WIDTHS) - 1]
    root = np.sqrt(WIDTHS)[:, None, None]
    rows = {"divided": softmax(scores / root), "undivided": softmax(scores)}
    return Curves(
        WIDTHS,
        {name: entropy(p).mean(1).tolist() for name, p in rows.items()},
        {name: gradient_norm(p).mean(1).tolist() for name, p in rows.items()},
    )
