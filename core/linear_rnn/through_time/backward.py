"""Backpropagation through time: ∂h_T/∂h_t of a tanh RNN as a product, and by autograd.

    h_t = tanh(W_h h_{t-1} + W_x x_t)
    ∂h_T/∂h_t = ∏_{k=T}^{t+1} diag(1 − h_k²) W_h

The derivative of tanh is φ′(a_k) = 1 − tanh(a_k)² = 1 − h_k²: at most 1, and close to 0 for a
saturated unit. Without φ the product is W_h^{T−t}.

Source: Pascanu, Mikolov, Bengio 2013, "On the difficulty of training recurrent neural networks",
equation 5.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.linear_rnn.instruments.paths import path_inputs
from core.linear_rnn.matrices import preset

Array = NDArray[np.float64]

UNITS, LONGEST = 16, 60


def drawn_network() -> tuple[Array, Array]:
    """W_h (UNITS, UNITS), orthogonal (ρ = 1), and W_x x_t as rows (LONGEST, UNITS) of length 1."""
    return preset("orthogonal", UNITS), path_inputs(UNITS, LONGEST)


def states(W_h: Array, inputs: Array) -> Array:
    """h_1, …, h_T as rows (T, d), with h_0 = 0; inputs: W_x x_t as rows (T, d)."""
    h, rows = np.zeros(len(W_h)), []
    for u in inputs:
        h = np.tanh(W_h @ h + u)
        rows.append(h)
    return np.array(rows)


def jacobians(W_h: Array, h: Array) -> Array:
    """∂h_T/∂h_t for t = 1 … T as (T, d, d); h: the states (T, d). The last is the identity."""
    J = np.eye(len(W_h))
    products = [J]
    for h_k in h[:0:-1]:  # k = T, …, 2
        J = J @ (np.diag(1 - h_k**2) @ W_h)
        products.append(J)
    return np.array(products[::-1])


def linear_norms(W_h: Array, T: int) -> Array:
    """‖W_h^{T−t}‖ (T,) for t = 1 … T: the same without φ."""
    powers = [np.eye(len(W_h))]
    for _ in range(T - 1):
        powers.append(powers[-1] @ W_h)
    return np.asarray(np.linalg.norm(np.array(powers[::-1]), axis=(1, 2)))


def norms(W_h: Array, inputs: Array) -> Array:
    """‖∂h_T/∂h_t‖ (T,), the root of the sum of all squares: √d at t = T."""
    return np.asarray(np.linalg.norm(jacobians(W_h, states(W_h, inputs)), axis=(1, 2)))


def norms_by_autograd(W_h: Array, inputs: Array) -> Array:
    """The same by torch's automatic differentiation through all steps (needs torch)."""
    import torch

    W, u = (torch.from_numpy(np.ascontiguousarray(a)) for a in (W_h, inputs))
    d = len(W_h)
    h = torch.zeros(d, d, dtype=W.dtype, requires_grad=True)  # copy k yields row k of each Jacobian
    steps = []
    for u_t in u:
        h = torch.tanh(h @ W.T + u_t)
        steps.append(h)
    rows = torch.autograd.grad(h.diagonal().sum(), steps)
    return np.asarray(torch.stack(rows).square().sum((1, 2)).sqrt().numpy())
