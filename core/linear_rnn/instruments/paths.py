"""The way of every input through the unrolled linear RNN.

    y_T = φ_y(W_y Σ_{i=1..T} W_h^{T-i} W_x x_i)

The term of x_i is a vector of h_T; on its way there, at h_j, it is W_h^{j-i} W_x x_i.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.linear_rnn.matrices import orthogonal

Array = NDArray[np.float64]


def path_inputs(size: int, count: int) -> Array:
    """W_x x_1, …, W_x x_count as rows (count, size): W_x orthogonal, every x_i of length 1.

    The first row is the vector whose decay `core.linear_rnn.decay.growth` measures.
    """
    rng = np.random.default_rng(0)
    x_1 = rng.normal(size=size)
    W_x = orthogonal(size, rng)
    x = np.vstack([x_1, rng.normal(size=(count - 1, size))])
    return np.asarray((x / np.linalg.norm(x, axis=1, keepdims=True)) @ W_x.T)


def path_norms(W_h: Array, inputs: Array) -> Array:
    """‖W_h^{j-i} W_x x_i‖ as (T, T): row i, column j, both from 0; NaN where j < i.

    inputs: W_x x_i as rows (T, d). The last column holds the norms of the terms of y_T.
    """
    T = len(inputs)
    norms = np.full((T, T), np.nan)
    vectors = inputs[:0]
    for j in range(T):
        vectors = np.vstack([vectors @ W_h.T, inputs[j : j + 1]])
        norms[: j + 1, j] = np.linalg.norm(vectors, axis=1)
    return norms
