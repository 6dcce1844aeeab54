"""The shipped trainings with patches of 2, 4 and 8 pixels, read without torch.

`python -m core.publish.patch_experiment` trains the models and writes the file.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.config.model_config import ViTConfig
from core.models.patch_sizes.cost import Cost, cost
from core.system.measurements import load_trained, shipped

SHIPPED = shipped("patch_sizes")
COMMAND = "python -m core.publish.patch_experiment"
SIZES = (2, 4, 8)  # pixels
MODEL = {"dim": 48, "attn_dim": 24, "mlp_dim": 96, "num_heads": 2, "num_layers": 3}


@dataclass(frozen=True)
class Trained:
    """One training. accuracy: of held-out pictures.

    milliseconds: processor time of a training step, on one thread, the mean over all steps.
    """

    patch: int
    seed: int
    parameters: int
    accuracy: float
    milliseconds: float


@dataclass(frozen=True)
class History:
    """All trainings; in `about` what they share."""

    about: dict[str, Any]
    trained: list[Trained]

    def of(self, patch: int) -> list[Trained]:
        """The trainings with this size, by seed."""
        return sorted((one for one in self.trained if one.patch == patch), key=lambda t: t.seed)

    def accuracy(self, patch: int) -> float:
        """Held-out accuracy, the mean over the seeds."""
        return statistics.mean(one.accuracy for one in self.of(patch))

    def milliseconds(self, patch: int) -> float:
        """Processor time of a training step: the fastest seed, which others disturbed least."""
        return min(one.milliseconds for one in self.of(patch))


def config(patch: int) -> ViTConfig:
    """The sizes of the model with these patches."""
    return ViTConfig(**MODEL, patch_size=patch)


def cost_of(patch: int) -> Cost:
    """What one picture costs the model of this section."""
    return cost(config(patch))


def read(path: Path = SHIPPED) -> History:
    """The stored trainings. Errors: OSError, ValueError, KeyError, TypeError."""
    history = History(*load_trained(path, Trained))
    if missing := [patch for patch in SIZES if not history.of(patch)]:
        raise ValueError(f"{path.name} has no training with patches of {missing[0]} pixels.")
    return history
