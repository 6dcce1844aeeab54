"""A matrix with some of its eigenvalues moved, its eigenvectors kept.

    W = P Λ P^{-1},   W' = W + Σ_i (λ'_i − λ_i) p_i q_iᵀ,   p_i column i of P, q_iᵀ row i of P^{-1}

A complex eigenvalue of a real matrix moves with its conjugate, and a real one stays real, so W'
is real. Only for matrices whose P^{-1} can be trusted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.linear_rnn.spectrum import TRUSTED_CONDITION

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

MAX_MODULUS = 1000.0
_MOVE = re.compile(r"(\d{1,2}):(-?\d{1,4}(?:\.\d{1,5})?):(-?\d{1,4}(?:\.\d{1,5})?)", re.A)


@dataclass(frozen=True)
class Modes:
    """Eigenvalues (d,), largest modulus first, P (d, d) and P^{-1} (d, d)."""

    values: Complex
    right: Complex
    left: Complex

    def partner(self, i: int) -> int:
        """The place of the conjugate of eigenvalue i; i itself for a real one."""
        if self.values[i].imag == 0:
            return i
        return int(np.argmin(np.abs(self.values - self.values[i].conjugate())))


def modes(W: Array) -> Modes | None:
    """The modes of W (d, d); None where cond(P) is too large to trust P^{-1}."""
    if np.array_equal(W, W.T):
        real, vectors = np.linalg.eigh(W)
        values, P = real.astype(np.complex128), vectors.astype(np.complex128)
    else:
        values, P = (part.astype(np.complex128) for part in np.linalg.eig(W))
    singular = np.linalg.svd(P, compute_uv=False)
    if singular[-1] == 0 or singular[0] / singular[-1] > TRUSTED_CONDITION:
        return None
    order = np.argsort(-np.abs(values), kind="stable")
    left: Complex = np.linalg.inv(P).astype(np.complex128)
    return Modes(values[order], P[:, order], left[order])


def move_eigenvalues(W: Array, modes: Modes, moves: Mapping[int, complex]) -> Array:
    """W' (d, d): eigenvalue i of W becomes moves[i], its conjugate the conjugate of that."""
    change = np.zeros_like(W)
    for i, value in moves.items():
        part = (value - modes.values[i]) * np.outer(modes.right[:, i], modes.left[i])
        change += part.real if modes.partner(i) == i else 2 * part.real
    return np.asarray(W + change)


def read_moves(text: str, modes: Modes) -> dict[int, complex]:
    """Moves as in "0:0.85:0.31;3:-0.2:0": place, real and imaginary part.

    Errors: ValueError for another form, a place that is not there or named twice with its
    conjugate, a real eigenvalue that would leave the axis, a modulus above MAX_MODULUS.
    """
    moves: dict[int, complex] = {}
    for part in text.split(";") if text else ():
        match = _MOVE.fullmatch(part)
        i = int(match[1]) if match else -1
        if match is None or not 0 <= i < len(modes.values):
            raise ValueError(f"{part[:40]!r} moves no eigenvalue: write place:real:imaginary.")
        value = complex(float(match[2]), float(match[3]))
        if i in moves or modes.partner(i) in moves:
            raise ValueError(f"Eigenvalue {i} is moved twice.")
        if modes.partner(i) == i and value.imag != 0:
            raise ValueError(f"Eigenvalue {i} is real and has no conjugate: it stays real.")
        if not math.isfinite(abs(value)) or abs(value) > MAX_MODULUS:
            raise ValueError(f"An eigenvalue moves to at most {MAX_MODULUS:g}, not {abs(value)}.")
        moves[i] = value
    return moves
