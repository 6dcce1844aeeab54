"""The true gradient ‖∂h_T/∂x_1‖₂, by automatic differentiation (needs torch).

torch runs the recurrence step by step and differentiates it, without powers or eigenvalues: that
the result lies on the curve of ‖W_h^{T-1} W_x‖₂ confirms Pascanu, Mikolov, Bengio 2013, equation 5
(with φ = id every factor is W_h).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.linear_rnn.matrices import orthogonal

Array = NDArray[np.float64]

SAMPLED_STEPS = (1, 2, 3, 5, 8, 12, 20, 35, 60, 100, 180, 300, 500)


def gradient_norms(W_h: Array, T_values: Sequence[int] = SAMPLED_STEPS) -> Array:
    """‖∂h_T/∂x_1‖₂ (len(T_values),) for the linear RNN with W_h (d, d), a seeded orthogonal W_x
    and seeded inputs; one backward pass through all T steps for each T.

    The d rows of the Jacobian come from one pass: the sequence is run d times as a batch, copy k
    contributes the k-th entry of its h_T to a sum, and the gradient of the sum at copy k is row k.
    """
    import torch

    rng = np.random.default_rng(0)
    W_x = torch.from_numpy(orthogonal(len(W_h), rng))
    recurrent = torch.from_numpy(np.ascontiguousarray(W_h))
    d = len(W_h)
    norms = []
    for T in T_values:
        if T < 1:
            raise ValueError(f"T is {T}: a sequence has at least one step.")
        x = torch.from_numpy(rng.normal(size=(T, d)))
        x_1 = x[0].repeat(d, 1).requires_grad_()  # (copies, d)
        h = x_1 @ W_x.T
        for t in range(1, T):
            h = h @ recurrent.T + x[t] @ W_x.T
        (jacobian,) = torch.autograd.grad(h.diagonal().sum(), x_1)
        norms.append(float(torch.linalg.matrix_norm(jacobian, 2)))
    return np.array(norms)
