"""The instrument of the RNN lesson: sliders for ρ and T, eigenvalues to move, and what follows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.linear_rnn.decay import input_vector
from core.linear_rnn.matrices import preset, to_csv
from dashboard.components.live import Dial, Instrument, packed
from dashboard.components.program import digest
from dashboard.rnn import matrix_choice
from dashboard.rnn.matrix_choice import MatrixView

_FILES = Path(__file__).resolve().parent
INSTRUMENT = Instrument(
    "rnn", *(_FILES / name for name in ("arithmetic.js", "figures.js", "rnn.js"))
)


def show(
    view: MatrixView,
    dials: Sequence[Dial],
    closer: str,
    gradient: tuple[np.ndarray, np.ndarray] | None,
) -> bool:
    """Draw it; false where it has stopped. closer: the third figure."""
    data = _data(view, closer)
    if gradient is not None:
        T, norms = (part.tolist() for part in gradient)
        rho = next(dial.value for dial in dials if dial.key == "rho")
        data["gradient"] = {"rho": rho, "moved": view.moved, "T": T, "norms": norms}
    moved = (view.moved, lambda text: matrix_choice.fitting_moves(view.base, text))
    return INSTRUMENT.show(data, dials, others={"moved": moved})


def _data(view: MatrixView, closer: str) -> dict[str, Any]:
    """What the figures need: the matrix of radius 1 as it was before eigenvalues were moved."""
    base = view.base
    measured = matrix_choice.measured_own(to_csv(base))
    spectrum, d = measured.spectrum, len(base)
    scale = spectrum.radius or 1.0
    modes = matrix_choice.modes_of(base)
    values = spectrum.eigenvalues / scale if modes is None else modes.values
    data: dict[str, Any] = {
        "d": d, "scale": scale, "view": closer,
        "re": packed(values.real), "im": packed(values.imag),
        "norm": packed(measured.norm), "input": packed(measured.input),
        "energy": packed(measured.energy),
        "u": packed(input_vector(d, np.random.default_rng(0))),
        "partner": list(range(d)),
    }  # fmt: skip
    if modes is not None:
        data["partner"] = [modes.partner(i) for i in range(d)]
        for side, matrix in (("right", modes.right), ("left", modes.left)):
            data[side] = packed(np.stack([matrix.real, matrix.imag]))
    if modes is not None or closer == "entries" or d == 2:
        data["W"] = packed(base / scale)
    if closer == "orbit" and d != 2:
        data["pair"] = packed(_pair(view))
    data["id"] = digest(sorted((k, v) for k, v in data.items() if k != "view"))
    return data


def _pair(view: MatrixView) -> np.ndarray:
    """The preset at size 2, of radius 1. Raises ValueError for an own matrix."""
    matrix_choice.two_by_two(view)
    assert view.preset is not None, "a preset, or the line above has raised"
    return preset(view.preset, 2, matrix_choice.draw())
