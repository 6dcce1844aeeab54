"""All powers of W_h, and all states h_1 … h_T, at once.

    W^{k+1}, …, W^{2k}  =  (W^1, …, W^k) W^k          powers: ⌈log2 T⌉ stacked products
    h_t = W_h h_{t-1} + W_x x_t                       states: chunks, then the links between them

The recurrence is a chain of T dependent steps, but it is linear, and composing linear maps is
associative: so it is also a *scan*, and a scan needs only O(log T) dependent steps (G. E. Blelloch,
"Prefix sums and their applications", 1990; for linear RNNs E. Martin and C. Cundy, "Parallelizing
Linear Recurrent Neural Nets Over Sequence Length", ICLR 2018, section 2). With a non-linearity
inside the recurrence this is lost.

Everything is float64. W_h is (d, d), W_x (d, n), x (B, T, n), the states (B, T, d).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.linear_rnn.spectrum import TRUSTED_CONDITION, spectrum

Array = NDArray[np.float64]

CHUNK = 4  # steps solved by one product; larger chunks waste work, smaller ones time in Python
PRODUCTS_ARE_THE_LIMIT = 512  # B · d from which on one product a step keeps the processor busy


def powers(W: Array, count: int) -> Array:
    """W^1, W^2, …, W^count as one array (count, d, d), by doubling.

    Once W^1 … W^k are known, the next k powers are their products with W^k: ⌈log2 count⌉ stacked
    products, no eigenvectors, and so no cond(P) in the error. The relative error grows like
    count · ε · (‖W‖^k / ‖W^k‖), ε = 2^-53, whatever the eigenvectors are.
    Raises ValueError unless W is square and count ≥ 1.
    """
    _check_square(W, count)
    out = np.empty((count, *W.shape))
    out[0] = W
    known = 1
    while known < count:
        new = min(known, count - known)
        np.matmul(out[:new], out[known - 1], out=out[known : known + new])
        known += new
    return out


def powers_by_eigenvalues(W: Array, count: int) -> Array:
    """The same powers from the table λ_i^t: W^t = P Λ^t P^{-1} (count, d, d).

    This is the formula of the lecture. Its relative error has the factor cond(P) in it, so it is
    refused, with a ValueError, where cond(P) is above TRUSTED_CONDITION. `powers` is at least as
    exact and faster, because it needs neither eigenvectors nor complex numbers.
    """
    _check_square(W, count)
    condition = spectrum(W).condition
    if not condition <= TRUSTED_CONDITION:
        raise ValueError(
            f"cond(P) is {condition:.1e}, too large for P Λ^t P^-1: "
            f"compute the powers by doubling (limit {TRUSTED_CONDITION:.0e})."
        )
    eigenvalues, P = np.linalg.eig(W)
    table = eigenvalues ** np.arange(1, count + 1)[:, None]  # (count, d)
    return np.asarray(((P * table[:, None, :]) @ np.linalg.inv(P)).real, dtype=np.float64)


def states(W_h: Array, W_x: Array, x: Array) -> Array:
    """All states h_1 … h_T (B, T, d) of the linear RNN with h_0 = 0.

    Small problems are solved in chunks, where the time of the textbook loop goes into Python;
    from B · d ≥ PRODUCTS_ARE_THE_LIMIT on one step is product enough, and chunks would only add
    arithmetic. Raises ValueError when the shapes do not fit.
    """
    _check_shapes(W_h, W_x, x)
    if x.shape[0] * len(W_h) >= PRODUCTS_ARE_THE_LIMIT:
        return states_by_steps(W_h, W_x, x)
    with np.errstate(over="ignore", invalid="ignore"):
        h = states_by_chunks(W_h, W_x, x)
    # A power of W_h can overflow a little before a state does: then only the plain steps are right.
    return h if np.isfinite(h[:, -1]).all() else states_by_steps(W_h, W_x, x)


def states_by_steps(W_h: Array, W_x: Array, x: Array) -> Array:
    """h_t = W_h h_{t-1} + W_x x_t, one step after the other (T dependent products)."""
    h = x @ W_x.T
    A = np.ascontiguousarray(W_h.T)
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(1, x.shape[1]):
            h[:, t] += h[:, t - 1] @ A
    return h


def states_by_chunks(W_h: Array, W_x: Array, x: Array) -> Array:
    """The same states with 1 + log2(T / C) + 1 dependent products, C = CHUNK.

    With rows for columns (A = W_hᵀ, h as rows), a chunk of C steps that starts from the state g is

        (h_1 … h_C) = (x_1 … x_C) M + g K,      K = (A, A², …, A^C),
        M = block upper triangular, block (i, j) = W_xᵀ A^{j-i}.

    1. every chunk alone, from g = 0: one product with M;
    2. the last states of the chunks obey the same recurrence with A^C: a doubling scan;
    3. every chunk gets what the chunk before it hands over: one product with K.
    """
    batch, T, n = x.shape
    dim = len(W_h)
    chunks = -(-T // CHUNK)
    if chunks * CHUNK != T:
        x = np.concatenate([x, np.zeros((batch, chunks * CHUNK - T, n))], axis=1)
    K = np.empty((dim, CHUNK * dim))
    K[:, :dim] = W_h.T
    for j in range(1, CHUNK):
        K[:, j * dim : (j + 1) * dim] = K[:, (j - 1) * dim : j * dim] @ W_h.T
    M = np.zeros((CHUNK * n, CHUNK * dim))
    M[:n, :dim] = W_x.T
    M[:n, dim:] = W_x.T @ K[:, :-dim]
    for i in range(1, CHUNK):
        M[i * n : (i + 1) * n, i * dim :] = M[:n, : (CHUNK - i) * dim]

    h = (np.ascontiguousarray(x).reshape(batch * chunks, CHUNK * n) @ M).reshape(batch, chunks, -1)
    last = h[:, :, -dim:].copy()
    step, reach = K[:, -dim:], 1
    while reach < chunks:
        last[:, reach:] += last[:, :-reach] @ step
        step, reach = step @ step, 2 * reach
    h[:, 1:] += last[:, :-1] @ K
    return h.reshape(batch, chunks * CHUNK, dim)[:, :T]


def _check_square(W: Array, count: int) -> None:
    if W.ndim != 2 or W.shape[0] != W.shape[1]:
        raise ValueError(f"W has shape {W.shape}: only a square matrix has powers.")
    if count < 1:
        raise ValueError(f"{count} powers were asked for: ask for at least one.")


def _check_shapes(W_h: Array, W_x: Array, x: Array) -> None:
    _check_square(W_h, 1)
    if x.ndim != 3 or x.shape[1] < 1 or W_x.shape != (len(W_h), x.shape[-1]):
        raise ValueError(
            f"W_h {W_h.shape}, W_x {W_x.shape} and x {x.shape} do not fit: "
            "they must be (d, d), (d, n) and (B, T, n) with T of at least 1."
        )
