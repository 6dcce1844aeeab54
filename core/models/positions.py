"""Position codes as plain arrays: the sinusoidal formula, and how any code depends on distance.

Letters   t position · T positions · d = dim · i pair of columns · ω_i = 10000^(-2i/d)

    P[t, 2i] = sin(ω_i t)      P[t, 2i+1] = cos(ω_i t)

Each pair is a hand on a clock. Two things follow: P[t+k] is P[t] with every hand turned by ω_i k,
whatever t is; and P[t] · P[t+k] = Σ_i cos(ω_i k) depends on the distance k alone.
Rotary positions turn queries and keys instead of adding a table: q_t = R_t q, k_s = R_s k, so that
q_t · k_s = q · R_(s-t) k depends on the distance alone, whatever q and k are. ALiBi adds nothing to
them and subtracts m_h · (t - s) from the score in head h.

Sources: Vaswani et al. 2017, section 3.5; Su et al. 2021, "RoFormer", section 3.2.2; Press et al.
2022, "Train Short, Test Long", section 3. Nothing here imports torch.
"""

import math

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]


def frequencies(dim: int, base: float = 10000.0) -> Table:
    """ω_i in radians a token, (ceil(d/2),), from 1 down to nearly 1/base."""
    return np.asarray(base ** (-np.arange(0, dim, 2) / dim))


def wavelength(dim: int, pair: int) -> float:
    """2π / ω_i: after how many tokens the pair i repeats."""
    return float(2 * math.pi / frequencies(dim)[pair])


def sinusoidal(tokens: int, dim: int) -> Table:
    """P, (T, d): even columns sines, odd columns cosines. Errors: ValueError, sizes below 1."""
    if tokens < 1 or dim < 1:
        raise ValueError(f"A table needs at least 1 position and 1 column, not {tokens} × {dim}.")
    angles = np.arange(tokens)[:, None] * frequencies(dim)
    table = np.zeros((tokens, dim))
    table[:, 0::2] = np.sin(angles)
    table[:, 1::2] = np.cos(angles)[:, : dim // 2]
    return table


def turn(dim: int, steps: int) -> Table:
    """R_k, (d, d), with P[t+k] = R_k P[t] for every t: each pair turned by ω_i k; d even."""
    if dim % 2:
        raise ValueError(f"Columns come in pairs, so dim must be even, not {dim}.")
    matrix = np.zeros((dim, dim))
    for i, angle in enumerate(frequencies(dim) * steps):
        c, s = math.cos(angle), math.sin(angle)
        matrix[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[c, s], [-s, c]]
    return matrix


def rotate(x: Table, base: float = 10000.0) -> Table:
    """R_t x_t for t = 0 … T-1: x (T, d) -> (T, d), each pair (2i, 2i+1) turned by t ω_i; d even.

    A vector x (d,) times `np.ones((T, 1))` is the same word at every position.
    """
    angles = np.arange(len(x))[:, None] * frequencies(x.shape[1], base)
    c, s = np.cos(angles), np.sin(angles)
    turned = np.empty_like(x)
    turned[:, 0::2] = c * x[:, 0::2] + s * x[:, 1::2]
    turned[:, 1::2] = c * x[:, 1::2] - s * x[:, 0::2]
    return turned


def alibi_slopes(heads: int) -> Table:
    """m_h = 2^(-8h/H) for h = 1 … H, (H,): what a head subtracts from a score for each token of
    distance."""
    return np.asarray(2.0 ** (-8.0 * np.arange(1, heads + 1) / heads))


def similarity(table: Table) -> Table:
    """Cosine of the angle between any two rows, (T, d) -> (T, T); 0 for a row of zeros."""
    lengths = np.linalg.norm(table, axis=1, keepdims=True)
    unit = np.divide(table, lengths, out=np.zeros_like(table), where=lengths > 0)
    return np.asarray(unit @ unit.T)


def similarity_by_distance(table: Table) -> tuple[Table, Table]:
    """Mean and standard deviation of the cosine of rows k apart, both (T,), for k = 0 … T-1."""
    return by_distance(similarity(table))


def by_distance(scores: Table) -> tuple[Table, Table]:
    """Mean and standard deviation of the scores (T, T) of positions k apart, for k = 0 … T-1."""
    row, apart = np.ogrid[: len(scores), : len(scores)]
    inside = row + apart < len(scores)
    skewed = scores[row, np.where(inside, row + apart, 0)]  # column k: the rows k apart
    mean = skewed.mean(0, where=inside)
    return mean, skewed.std(0, where=inside)
