"""The shipped trainings of the recall task, read without torch.

`python -m core.publish.recall_experiment` trains the models and writes the file.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.system.measurements import load_trained, shipped

SHIPPED = shipped("recall_heads")
COMMAND = "python -m core.publish.recall_experiment"
HEADS = (1, 2, 4, 8, 16)
PLACES = (1, 4, 6, 9)  # from 0


@dataclass(frozen=True)
class Trained:
    """One training. accuracy, loss (nats a symbol): on 1,000 new texts.

    rows: (H, T), where each head looks from the last position, the mean over these texts.
    """

    heads: int
    seed: int
    parameters: int
    accuracy: float
    loss: float
    rows: list[list[float]]


@dataclass(frozen=True)
class History:
    """All trainings, and in `about` what they share."""

    about: dict[str, Any]
    trained: list[Trained]

    def of(self, heads: int) -> list[Trained]:
        """The trainings with so many heads, by seed."""
        return sorted((one for one in self.trained if one.heads == heads), key=lambda t: t.seed)

    def accuracy(self, heads: int) -> float:
        """The mean over the seeds."""
        return statistics.mean(one.accuracy for one in self.of(heads))


def read(path: Path = SHIPPED) -> History:
    """The stored trainings. Errors: OSError, ValueError, KeyError, TypeError."""
    return History(*load_trained(path, Trained))
