"""The interface of a task, as the training loop uses it: batches, a loss and measures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class StepLoss:
    """One batch: the mean loss to minimise, and sums for the averages over the epoch."""

    mean: Tensor
    total: float
    count: int
    correct: int


class Task(Protocol):
    """The data, and what is learned from it."""

    def batches(self, epoch: int, generator: torch.Generator) -> Sequence[Tensor]:
        """Indices of training examples, one tensor a step; every epoch has as many steps."""

    def loss(self, model: nn.Module, batch: Tensor, epoch: int) -> StepLoss:
        """The loss of these examples; `epoch` selects what alternates, such as flips."""

    def measures(self, total: float, count: int, correct: int) -> dict[str, float]:
        """The measures that are shown, from sums over an epoch."""

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """The measures on the validation or test set."""

    def sample(self, model: nn.Module, epoch: int) -> str | None:
        """What the model says now, as a text: it is shown for every epoch. None: nothing."""
