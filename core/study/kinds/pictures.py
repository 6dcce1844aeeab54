"""Sets of figures for questions that match them to settings, computed from what is shipped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

STEPS = 60
MATRICES = (("vanishing", 0.9), ("nonnormal", 0.9), ("rotation", 1.0), ("vanishing", 1.05))
TEMPERATURES = (1.0, 2.0, 3.5, 7.0)
RUNS = ("cnn-cifar10", "cnn-cifar10-1pct", "vit-cifar10-plain", "vit-cifar10-plain-1pct")
WORDS = 1000  # most probable first


@dataclass(frozen=True)
class Curve:
    """One line of a figure; name: what it is, "" for the only line."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True)
class Pictures:
    """compute: for each setting its curves. log: which axes are logarithmic ("", "x", "y").

    about: what each figure shows. x, y: the names of its axes; HTML for an index.
    """

    about: str
    x: str
    y: str
    log: str
    count: int
    compute: Callable[[], tuple[tuple[Curve, ...], ...]]


@cache
def powers() -> tuple[tuple[Curve, ...], ...]:
    """The norm ‖W_h^k‖ of four matrices of size 16, k = 0 to 59."""
    from core.linear_rnn.decay import NORM_STEPS, growth
    from core.linear_rnn.matrices import preset

    shown = NORM_STEPS <= STEPS
    x = tuple(float(T - 1) for T in NORM_STEPS[shown])
    curves = []
    for name, radius in MATRICES:
        norm = 10.0 ** growth(preset(name, 16)).at(radius).norm[shown]
        curves.append((Curve("", x, tuple(float(value) for value in norm.round(6))),))
    return tuple(curves)


@cache
def temperatures() -> tuple[tuple[Curve, ...], ...]:
    """The probability of the k most probable next words of a GPT at four temperatures."""
    import torch

    from core.models.zoo import find_model, load_model

    loaded = load_model(find_model("gpt-grammar"))
    with torch.inference_mode():
        logits, _ = loaded.model(torch.zeros(1, 1, dtype=torch.long))
    ordered = logits[0, -1].double().sort(descending=True).values
    curves = []
    for t in TEMPERATURES:
        mass = (ordered / t).softmax(-1).cumsum(-1)[:WORDS]
        x = tuple(float(k) for k in range(1, len(mass) + 1))
        curves.append((Curve("", x, tuple(mass.tolist())),))
    return tuple(curves)


@cache
def histories() -> tuple[tuple[Curve, ...], ...]:
    """Training and validation accuracy of four shipped runs, epoch by epoch."""
    from core.models.zoo import find_model
    from core.run_files.directory import RunDirectory

    curves = []
    for name in RUNS:
        epochs = RunDirectory(find_model(name).path).epochs()
        x = tuple(float(row["epoch"]) for row in epochs)
        curves.append(
            tuple(
                Curve(label, x, tuple(float(row[key]["accuracy"]) for row in epochs))
                for label, key in (("training", "train"), ("validation", "held_out"))
            )
        )
    return tuple(curves)


SETS = {
    "powers": Pictures(
        *("The norm of a power of W_h", "k", "‖W<sub>h</sub><sup>k</sup>‖", "y", len(MATRICES)),
        powers,
    ),
    "temperatures": Pictures(
        *("The probability of the k most probable words together", "k", "probability", "x"),
        *(len(TEMPERATURES), temperatures),
    ),
    "histories": Pictures(
        *("Accuracy by epoch", "epoch", "accuracy", "", len(RUNS), histories),
    ),
}


def bounds(pictures: Pictures) -> tuple[float, float]:
    """The smallest and the largest y of the whole set, so that its figures share one axis."""
    every = [y for curves in pictures.compute() for curve in curves for y in curve.y]
    return min(every), max(every)


def finite(pictures: Pictures) -> bool:
    """Whether every figure of the set can be drawn."""
    return all(
        bool(curve.x) and bool(np.isfinite([*curve.x, *curve.y]).all())
        for curves in pictures.compute()
        for curve in curves
    )
