"""Preset recurrent matrices, each showing one effect, and the reader for the user's own.

Every preset is built with spectral radius 1 (the nilpotent one has 0 and cannot be scaled), so
that `with_radius(W, ρ)` sets the radius exactly: the powers of ρ W are ρ^k W^k, and the slider on
the page moves eigenvalues, norms and gradients together.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MIN_SIZE, MAX_SIZE = 2, 64
MAX_BYTES = 200_000  # 64 × 64 numbers of 25 characters, and some room
MAX_ENTRY = 1e6
COUPLING = 100.0  # of the non-normal preset
_NUMBER = re.compile(r"[+-]?((\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?|nan|inf|infinity)", re.I | re.A)


def _rotation(size: int, rng: np.random.Generator) -> Array:
    W = np.eye(size)
    for j in range(size // 2):
        angle = math.pi / 6 + j * math.pi / size
        block = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
        W[2 * j : 2 * j + 2, 2 * j : 2 * j + 2] = block
    return W


def _symmetric(size: int, rng: np.random.Generator) -> Array:
    G = rng.normal(size=(size, size))
    return _unit_radius(G + G.T)


def _gaussian(size: int, rng: np.random.Generator) -> Array:
    return _unit_radius(rng.normal(size=(size, size)) / math.sqrt(size))


def _nonnormal(size: int, rng: np.random.Generator) -> Array:
    W = np.diag(np.linspace(1.0, 0.8, size))
    W[0, -1] = COUPLING
    return W


def _stochastic(size: int, rng: np.random.Generator) -> Array:
    R = rng.random((size, size))
    return np.asarray(0.8 * np.eye(size) + 0.2 * R / R.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class Preset:
    """A kind of matrix, the radius at which it is first shown, and the effect it shows."""

    title: str
    radius: float
    sentence: str
    build: Callable[[int, np.random.Generator], Array]


PRESETS: dict[str, Preset] = {
    "vanishing": Preset(
        "Vanishing", 0.9,
        "At ρ = 0.9 every curve falls in the end, and the share of x₁ is soon below 1%.", _gaussian,
    ),
    "exploding": Preset(
        "Exploding", 1.1,
        "At ρ = 1.1 one mode grows, and that is enough for the state to explode. Each later "
        "input is amplified too, so x₁ never makes up more than 1 − ρ⁻² = 17% of it.",
        _gaussian,
    ),
    "nonnormal": Preset(
        "Strongly non-normal", 0.9,
        "The norm rises first: at ρ = 0.9 every grey mode falls, but the norm grows nearly "
        "200-fold.",
        _nonnormal,
    ),
    "rotation": Preset(
        "Scaled rotation", 0.97,
        "The eigenvalues are complex pairs: the state rotates, and only the modulus |λ| makes it "
        "shrink.", _rotation,
    ),
    "diagonal": Preset(
        "Diagonal", 0.95,
        "Each mode is a coordinate. The mode with −0.9 fades exactly as slowly as the one with "
        "0.9: the sign does not matter.",
        lambda d, rng: np.diag(np.linspace(1.0, 0.4, d) * (-1.0) ** np.arange(d)),
    ),
    "symmetric": Preset(
        "Symmetric", 0.95,
        "The eigenvalues are real and the eigenvectors orthogonal: ‖W^k‖ is ρ^k from the first "
        "step on.",
        _symmetric,
    ),
    "gaussian": Preset(
        "Random Gaussian", 0.95,
        "The eigenvalues fill a disc evenly (the circular law). The matrix is slightly non-normal.",
        _gaussian,
    ),
    "orthogonal": Preset(
        "Orthogonal", 1.0,
        "All |λ| = 1: nothing fades and nothing explodes, which is a good initialisation for "
        "training. The share of x₁ still falls like 1/T, because every later input is kept "
        "as well.",
        lambda d, rng: orthogonal(d, rng),
    ),
    "jordan": Preset(
        "Jordan block", 0.9,
        "The matrix is defective: it has only one eigenvector. ‖W^k‖ behaves like kᵈ⁻¹ ρᵏ, so it "
        "decays late.",
        lambda d, rng: np.eye(d) + np.eye(d, k=1),
    ),
    "nilpotent": Preset(
        "Nilpotent", 0.0,
        "All λ = 0: the norm stays 1, and after d steps x_1 is gone completely.",
        lambda d, rng: np.eye(d, k=1),
    ),
    "stochastic": Preset(
        "Stochastic", 1.0,
        "The rows sum to 1: the mode with λ = 1 keeps one number for ever, and all other modes "
        "fade.",
        _stochastic,
    ),
}  # fmt: skip


def preset(name: str, size: int, seed: int = 0) -> Array:
    """The preset matrix (size, size) with spectral radius 1 (nilpotent: 0).

    Raises ValueError for an unknown name or a size outside 2 … 64.
    """
    if name not in PRESETS:
        raise ValueError(f"There is no preset {name[:30]!r}: choose one of {', '.join(PRESETS)}.")
    if not MIN_SIZE <= size <= MAX_SIZE:
        raise ValueError(f"The size is {size}: choose one from {MIN_SIZE} to {MAX_SIZE}.")
    return PRESETS[name].build(size, np.random.default_rng(seed))


def with_radius(W: Array, radius: float) -> Array:
    """c W with c chosen so that max |λ_i| = radius. Raises ValueError when W has no λ ≠ 0."""
    if not (math.isfinite(radius) and radius >= 0):
        raise ValueError(f"The spectral radius is {radius}: it must be a number from 0 up.")
    present = float(np.abs(np.linalg.eigvals(W)).max())
    if present == 0:
        raise ValueError("All eigenvalues are 0: no factor gives this matrix another radius.")
    return np.asarray(W * (radius / present))


def orthogonal(size: int, rng: np.random.Generator) -> Array:
    """A uniformly random orthogonal matrix (F. Mezzadri, 2007, section 5)."""
    Q, R = np.linalg.qr(rng.normal(size=(size, size)))
    return np.asarray(Q * np.sign(np.diag(R)))


def parse_matrix(text: str | bytes) -> Array:
    """A square matrix from text or a CSV file: one row a line, entries separated by commas,
    semicolons, tabs or spaces.

    Raises ValueError with one sentence unless it is square, 2 × 2 to 64 × 64, of finite numbers
    of at most a million.
    """
    if len(text) > MAX_BYTES:
        raise ValueError(
            f"The matrix is {len(text):,} bytes of text: "
            f"a {MAX_SIZE} × {MAX_SIZE} matrix needs less than {MAX_BYTES:,}."
        )
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ValueError("The file is not text: save the matrix as CSV in UTF-8.") from None
    lines = [line.strip().rstrip(",;") for line in text.splitlines() if line.strip()]
    if not lines:
        raise ValueError("The matrix is empty: write one row a line, as in 0.9, 0.1.")
    rows = [re.split(r"\s*[,;\t]\s*|\s+", line) for line in lines]
    if len(rows) > MAX_SIZE or max(map(len, rows)) > MAX_SIZE:
        raise ValueError(
            f"The matrix is {len(rows)} × {max(map(len, rows))}: "
            f"at most {MAX_SIZE} × {MAX_SIZE} can be shown."
        )
    for i, row in enumerate(rows, 1):
        if len(row) != len(rows):
            raise ValueError(
                f"Row {i} has {len(row)} entries but there are {len(rows)} rows: "
                "a recurrent matrix must be square."
            )
    if len(rows) < MIN_SIZE:
        raise ValueError(f"The matrix is 1 × 1: it must be at least {MIN_SIZE} × {MIN_SIZE}.")
    return np.array([[_entry(e, i, j) for j, e in enumerate(r, 1)] for i, r in enumerate(rows, 1)])


def _entry(text: str, i: int, j: int) -> float:
    where = f"Entry {text[:20]!r} in row {i}, column {j}"
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{where} is not a number: write it as in -0.25 or 1e-3.")
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{where} is not finite: every entry must be an ordinary number.")
    if abs(value) > MAX_ENTRY:
        raise ValueError(f"{where} is too large: entries go up to {MAX_ENTRY:,.0f}.")
    return value


def _unit_radius(W: Array) -> Array:
    return with_radius(W, 1.0)


def to_csv(W: Array) -> str:
    """W as text that `parse_matrix` reads back exactly."""
    return "\n".join(", ".join(repr(float(v)) for v in row) for row in W)
