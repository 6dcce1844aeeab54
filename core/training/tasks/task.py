"""What the training loop asks of a task: batches, a loss and measures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class StepLoss:
    """One batch: the mean loss to descend, and sums for the epoch's averages."""

    mean: Tensor
    total: float
    count: int
    correct: int


class Task(Protocol):
    """What the loop needs to know of the data and of what is learned from it."""

    def batches(self, epoch: int, generator: torch.Generator) -> Sequence[Tensor]:
        """Indices into the training examples, one tensor a step; the same number every epoch."""

    def loss(self, model: nn.Module, batch: Tensor, epoch: int) -> StepLoss:
        """The loss of these examples. `epoch` decides what alternates, such as flips."""

    def measures(self, total: float, count: int, correct: int) -> dict[str, float]:
        """Sums over an epoch as the measures that are shown."""

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """The held-out measures."""

    def sample(self, model: nn.Module, epoch: int) -> str | None:
        """Text written after an epoch, None when there is none to write."""
