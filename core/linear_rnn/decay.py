"""How much of x_1 remains in h_T.

    ∂h_T/∂x_1 = W_h^{T-1} W_x            (Pascanu, Mikolov, Bengio 2013, equations 5 to 7, φ = id)
    Cov(h_T)  = Σ_{i=1..T} W_h^{T-i} W_x W_xᵀ W_h^{T-i}ᵀ       for independent x_i of covariance I

The share of x_i in h_T is its part of the variance, ‖W_h^{T-i} W_x‖²_F / Σ_j ‖W_h^{T-j} W_x‖²_F:
for independent inputs variances add, so the shares are positive and sum to one.
W_x is orthogonal (d, d) and x_1 has length 1, so that W_h alone decides what is shown:
‖∂h_T/∂x_1‖₂ = ‖W_h^{T-1}‖₂.

All sizes are logarithms to base 10, so that 1.5^500 does not overflow and 0.1^500 does not vanish.
Since (c W)^k = c^k W^k, one `growth(W)` serves every spectral radius.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.linear_rnn.matrices import orthogonal
from core.linear_rnn.powers import powers
from core.linear_rnn.spectrum import Spectrum, spectrum

Array = NDArray[np.float64]
Steps = NDArray[np.int64]

MAX_STEPS = 500
NORM_STEPS: Steps = np.array([*range(1, 61), *range(80, MAX_STEPS + 1, 20)])
FLOAT32_ROUNDING = math.log10(2.0**-24)  # a relatively smaller summand is rounded away
FLOAT32_LARGEST = math.log10(float(np.finfo(np.float32).max))


@dataclass(frozen=True)
class Marks:
    """Steps T that mark the loss of x_1; None for what does not happen up to MAX_STEPS."""

    under_one_percent: int | None  # its share of the variance of h_T stays under 1 %
    lost_in_float32: int | None  # its size relative to h_T stays under 2^-24
    overflow_float32: int | None  # h_T is larger than the largest float32, 3.4e38
    half_life: float | None  # ln ½ / ln ρ, in steps


@dataclass(frozen=True)
class Decay:
    """The curves for one matrix as log10, each against k = T - 1 = 0, 1, …, MAX_STEPS - 1.

    Only the norms, which take the singular values of each power, are at T = NORM_STEPS alone.
    """

    radius: float  # ρ of W_h
    modes: Array  # (d,) |λ_i|: a straight line on a logarithmic axis
    norm: Array  # (S,) ‖W_h^{T-1}‖₂ at T = NORM_STEPS
    input: Array  # (MAX_STEPS,) ‖W_h^k W_x x_1‖
    energy: Array  # (MAX_STEPS,) ‖W_h^k W_x‖²_F
    marks: Marks

    def peak(self, longest: int = MAX_STEPS) -> tuple[int, float]:
        """T and value (not log) of the largest ‖W_h^{T-1}‖₂ among NORM_STEPS up to `longest`."""
        top = int(np.argmax(self.norm[longest >= NORM_STEPS]))
        return int(NORM_STEPS[top]), float(10.0 ** min(self.norm[top], 300.0))


@dataclass(frozen=True)
class Growth:
    """The measured powers of W / scale; `at` returns the curves of W for any radius."""

    spectrum: Spectrum
    scale: float  # ρ(W), or 1 where ρ(W) = 0
    modes: Array
    norm: Array
    input: Array
    energy: Array
    formula_error: float  # ‖P Λ^k P^-1 - W^k‖_F / ‖W^k‖_F, k = MAX_STEPS - 1; inf from 1 up

    def at(self, radius: float | None = None) -> Decay:
        """The curves of (radius / ρ(W)) W; of W itself without a radius or where ρ(W) = 0."""
        rho = self.spectrum.radius
        if rho > 0 and radius is not None:
            if not (math.isfinite(radius) and radius > 0):
                raise ValueError(f"The spectral radius is {radius}: it must be a number above 0.")
            rho = radius
        c = math.log10(rho) if rho > 0 else 0.0
        shift = np.arange(MAX_STEPS) * c
        norm, energy = self.norm + (NORM_STEPS - 1) * c, self.energy + 2 * shift
        return Decay(
            radius=rho,
            modes=self.modes + c,
            norm=norm,
            input=self.input + shift,
            energy=energy,
            marks=_marks(energy, rho),
        )


def growth(W: Array) -> Growth:
    """Measure the powers of W (d, d) up to MAX_STEPS, with a seeded W_x and x_1."""
    eigen = spectrum(W)
    scale = eigen.radius if eigen.radius > 0 else 1.0
    u = input_vector(len(W), np.random.default_rng(0))
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        every = powers(W / scale, MAX_STEPS - 1)  # k = 1, 2, …; W^0 = I is added below
        energy = _log10(np.einsum("kij,kij->k", every, every))
        along = _log10(np.linalg.norm(every @ u, axis=1))
        norm = _log10(_two_norms(every[NORM_STEPS[1:] - 2]))
    return Growth(
        spectrum=eigen,
        scale=scale,
        modes=_log10(np.abs(eigen.eigenvalues) / scale),
        norm=np.append(0.0, norm),
        input=np.append(0.0, along),
        energy=np.append(math.log10(len(W)), energy),
        formula_error=_formula_error(W / scale, every[-1]),
    )


def _two_norms(stack: Array) -> Array:
    """‖·‖₂ of each matrix of (S, d, d); inf for one with an overflow in it."""
    finite = np.asarray(np.isfinite(stack).all(axis=(1, 2)))
    norms = np.linalg.norm(np.where(finite[:, None, None], stack, 0.0), 2, axis=(1, 2))
    return np.where(finite, norms, np.inf)


def _formula_error(W: Array, power: Array) -> float:
    """The relative error of P Λ^k P^-1 against the power W^k, k = MAX_STEPS - 1."""
    values, P = np.linalg.eig(W)
    size = float(np.linalg.norm(power))
    try:
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            formula = (P * values ** (MAX_STEPS - 1)) @ np.linalg.inv(P)
            error = float(np.linalg.norm(formula - power)) / size if size > 0 else math.inf
    except np.linalg.LinAlgError:
        return math.inf
    return error if error < 1 else math.inf


def input_vector(size: int, rng: np.random.Generator) -> Array:
    """W_x x_1 for a random orthogonal W_x and a random x_1 of length 1."""
    x_1 = rng.normal(size=size)
    return np.asarray(orthogonal(size, rng) @ (x_1 / np.linalg.norm(x_1)))


def shares(energy: Array, count: int = 64, longest: int = MAX_STEPS) -> tuple[Steps, Array]:
    """The share of x_i in h_T: positions (S,) and log10 shares (S, S), [i, T], NaN for i > T.

    `energy` is `Decay.energy`; positions run from 1 to `longest` in at most `count` steps.
    """
    at = np.unique(np.linspace(1, longest, min(count, longest)).round().astype(np.int64))
    total = np.logaddexp.accumulate(energy * math.log(10)) / math.log(10)
    lag = at[None, :] - at[:, None]
    share = energy[np.clip(lag, 0, None)] - total[at - 1][None, :]
    return at, np.where(lag >= 0, share, np.nan)


def orbit(W: Array, angle: float, count: int) -> Array:
    """x, W x, W² x, …: (count + 1, 2) points in the plane, from x on the unit circle at `angle`."""
    if W.shape != (2, 2):
        raise ValueError(f"W has shape {W.shape}: an orbit can be drawn for a 2 × 2 matrix only.")
    x = np.array([math.cos(angle), math.sin(angle)])
    return np.concatenate([x[None], powers(W, count) @ x])


def _marks(energy: Array, radius: float) -> Marks:
    with np.errstate(invalid="ignore"):
        total = np.logaddexp.accumulate(energy * math.log(10)) / math.log(10)
        share = energy - total
    return Marks(
        under_one_percent=_from_then_on(share < -2 - 1e-9),
        lost_in_float32=_from_then_on(share < 2 * FLOAT32_ROUNDING),
        overflow_float32=_from_then_on(total / 2 > FLOAT32_LARGEST),
        half_life=math.log(0.5) / math.log(radius) if 0 < radius < 1 else None,
    )


def _from_then_on(true: NDArray[np.bool_]) -> int | None:
    """The T from which `true` (index T - 1) holds up to the end."""
    if not true[-1]:
        return None
    breaks = np.flatnonzero(np.invert(true))
    return int(breaks[-1]) + 2 if len(breaks) else 1


def _log10(values: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log10(values), dtype=np.float64)
