"""The eigenvalues of W_h, what they say about its powers, and when they cannot be trusted.

    W_h = P Λ P^{-1},    W_h^k = P Λ^k P^{-1},    ρ^k ≤ ‖W_h^k‖₂ ≤ cond(P) ρ^k,   ρ = max |λ_i|

In the long run the largest modulus decides. How long that takes depends on the eigenvectors: for a
normal matrix cond(P) = 1 and both bounds are equal; for a non-normal one the powers may first grow
by up to cond(P) (L. N. Trefethen and M. Embree, "Spectra
and Pseudospectra", 2005, chapters 1 and 16); a defective matrix has no P, and its
computed eigenvectors have a cond(P) near 1/ε.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TRUSTED_CONDITION = 1e6  # P Λ^k P^-1 then keeps about ten of the sixteen digits of float64
NORMAL_CONDITION = 1 + 1e-6


@dataclass(frozen=True)
class Spectrum:
    """Eigenvalues (d,) complex, largest modulus first, and the condition number of P."""

    eigenvalues: NDArray[np.complex128]
    condition: float  # cond(P) in the 2-norm; inf when P is singular
    radius: float  # ρ = max |λ_i|
    norm: float  # ‖W‖₂

    @property
    def trusted(self) -> bool:
        return self.condition <= TRUSTED_CONDITION

    @property
    def half_life(self) -> float | None:
        """Steps in which the slowest mode halves, ln ½ / ln ρ; None unless 0 < ρ < 1."""
        return math.log(0.5) / math.log(self.radius) if 0 < self.radius < 1 else None

    @property
    def explanation(self) -> str:
        """One sentence: whether the lecture's formula can be used for this matrix."""
        if self.condition <= NORMAL_CONDITION:
            return (
                "The eigenvectors are orthogonal, so ‖W^k‖ is exactly ρ^k: the eigenvalues "
                "decide everything."
            )
        if self.trusted:
            return (
                f"The eigenvalues decide in the end, but before that ‖W^k‖ may rise "
                f"up to {number(self.condition)} times above ρ^k."
            )
        return (
            "The matrix is defective or nearly so: its eigenvectors are exactly or nearly "
            "linearly dependent. P⁻¹ does not exist or is inexact, so the powers shown here "
            "are computed as products."
        )


def spectrum(W: Array) -> Spectrum:
    """Eigenvalues of W (d, d), cond(P), ρ, ‖W‖₂. ValueError unless W is square and finite."""
    if W.ndim != 2 or W.shape[0] != W.shape[1] or not np.isfinite(W).all():
        raise ValueError(f"W has shape {W.shape}: a square matrix of finite numbers is needed.")
    if np.array_equal(W, W.T):
        values, P = np.linalg.eigh(W)
        values = values.astype(np.complex128)
    else:
        values, P = np.linalg.eig(W)
    singular = np.linalg.svd(P, compute_uv=False)
    condition = float(singular[0] / singular[-1]) if singular[-1] > 0 else math.inf
    order = np.argsort(-np.abs(values), kind="stable")
    return Spectrum(
        eigenvalues=values[order].astype(np.complex128),
        condition=condition,
        radius=float(np.abs(values).max()),
        norm=float(np.linalg.norm(W, 2)),
    )


def number(value: float) -> str:
    """A number ≥ 0 for display: three digits, thousands separators, and a power of ten below
    0.0001 and from ten million on."""
    if 0 < value < 1e-4 or value >= 1e7:
        return scientific(value, 1)
    return f"{value:.3g}" if value < 100 else f"{value:,.0f}"


def scientific(value: float, digits: int = 0) -> str:
    """0.00123 as 1·10⁻³; digits: decimal places of the first factor. 0 stays 0."""
    if not value or not math.isfinite(value):
        return f"{value:.0f}"
    factor, exponent = f"{value:.{digits}e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{with_minus(factor)}·10{raised}"


def with_minus(number: str) -> str:
    """A number as it is shown: with a minus sign, which is as wide as a plus, and no hyphen.

    >>> with_minus(f"{-0.25:+.1f}")
    '−0.2'
    """
    return number.replace("-", "−")
