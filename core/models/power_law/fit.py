"""The power law L(w, D) = L∞ + a w^(−α) D^(−β), fitted by least squares in logarithms.

    ln(L − L∞) = ln a − α ln w − β ln D

L∞ is the entropy of the language, which is known for a grammar. The factors are multiplied here,
because every model reads its data once: more data are also more steps, and a wider model gains more
from each. Hoffmann et al. 2022, "Training Compute-Optimal Large Language Models", equation 2, add
two terms instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.models.power_law.history import Trained


@dataclass(frozen=True)
class Law:
    """floor: L∞ in nats a token."""

    floor: float
    a: float
    alpha: float
    beta: float

    def loss(self, width: float, dialogues: float) -> float:
        """Predicted loss, nats a token."""
        return float(self.floor + self.a * width**-self.alpha * dialogues**-self.beta)


def fit(trained: Sequence[Trained], floor: float) -> Law:
    """The law with the least Σ (ln(L − L∞) − ln(a w^(−α) D^(−β)))².

    Raises ValueError for fewer than three trainings, or for a loss at or below the floor.
    """
    if len(trained) < 3:
        raise ValueError(f"A law of three numbers needs three trainings, not {len(trained)}.")
    if lowest := [one.loss for one in trained if one.loss <= floor]:
        raise ValueError(f"A loss of {lowest[0]} is not above the floor of {floor}.")
    x = np.array([(1, -np.log(one.width), -np.log(one.dialogues)) for one in trained])
    y = np.log([one.loss - floor for one in trained])
    (log_a, alpha, beta), *_ = np.linalg.lstsq(x, y, rcond=None)
    return Law(floor, float(np.exp(log_a)), float(alpha), float(beta))


def left_out(trained: Sequence[Trained], floor: float) -> list[float]:
    """For each training, the loss predicted by a law fitted to all others, minus its own (nats)."""
    errors = []
    for i, run in enumerate(trained):
        law = fit([*trained[:i], *trained[i + 1 :]], floor)
        errors.append(law.loss(run.width, run.dialogues) - run.loss)
    return errors
