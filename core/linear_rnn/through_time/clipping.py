"""Gradient clipping: a linear RNN trained on the latch task, with its gradient scaled and not.

    g ← g · min(1, c / ‖g‖)

Source: Pascanu, Mikolov, Bengio 2013, algorithm 1. torch is imported when a training starts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

STEPS, DELAY, UNITS = 200, 20, 16
RATES, THRESHOLDS = (0.01, 0.1, 0.3, 1.0), (0.25, 1.0, 4.0)


@dataclass(frozen=True)
class Training:
    """loss, norm: at each step, the norm before clipping; they end where one is not finite.

    accuracy: on 256 new sequences at the end; a guess is right 1 time in 8.
    """

    loss: tuple[float, ...]
    norm: tuple[float, ...]
    accuracy: float

    @property
    def exploded(self) -> bool:
        return len(self.loss) < STEPS


def clip(gradients: Iterable[Tensor], c: float) -> float:
    """Scale all gradients together, in place, to a norm of at most c; returns the norm before."""
    every = list(gradients)
    norm = math.sqrt(sum(float(g.square().sum()) for g in every))
    for g in every:
        g *= min(1.0, c / norm) if norm > 0 else 1.0
    return norm


def train(learning_rate: float, c: float = math.inf, seed: int = 0) -> Training:
    """Plain gradient descent from an orthogonal W_h (ρ = 1). Same arguments, same run."""
    import torch
    from torch.nn.functional import cross_entropy

    from core.linear_rnn.latch_task import MemoryTask, new_model, sequences

    task = MemoryTask(delay=DELAY, hidden=UNITS, batch=32, orthogonal=True, seed=seed)
    model, random = new_model("linear RNN", task), torch.Generator().manual_seed(seed)
    weights = list(model.parameters())
    losses, norms = [], []
    for _ in range(STEPS):
        x, symbols = sequences(task, task.batch, random)
        loss = cross_entropy(model(x), symbols)
        gradients = torch.autograd.grad(loss, weights)
        norm = clip(gradients, c)
        if not math.isfinite(norm):
            break
        losses.append(loss.item())
        norms.append(norm)
        with torch.no_grad():
            for weight, gradient in zip(weights, gradients, strict=True):
                weight.sub_(learning_rate * gradient)
    x, symbols = sequences(task, 256, torch.Generator().manual_seed(seed + 1))
    with torch.no_grad():
        right = float((model(x).argmax(-1) == symbols).double().mean())
    return Training(tuple(losses), tuple(norms), right)
