"""The shipped measurement of LayerNorm before and after the block, read without torch.

`python -m core.publish.norm_experiment` measures the gradients, trains the models and writes it.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.system.measurements import load, shipped

SHIPPED = shipped("norm_place")
COMMAND = "python -m core.publish.norm_experiment"
BEFORE, AFTER, WARM = "before", "after", "after, with warm-up"
RECIPES = (BEFORE, AFTER, WARM)
DEPTHS = (2, 4, 8, 12, 24)


@dataclass(frozen=True)
class Trained:
    """One training. loss: nats a word on held-out text."""

    recipe: str
    layers: int
    seed: int
    loss: float


@dataclass(frozen=True)
class History:
    """about: what all share, and `frequencies`, the loss of a model that knows only how often each
    word occurs. gradients: (place, layers, seed) -> ‖∂L/∂W‖ of every block before training."""

    about: dict[str, Any]
    gradients: dict[tuple[str, int, int], list[float]]
    trained: list[Trained]

    def norms(self, recipe: str, layers: int) -> list[float]:
        """The gradient's norm in every block, the first block first: the mean over the seeds."""
        position = BEFORE if recipe == BEFORE else AFTER
        every = [n for (*of, _), n in self.gradients.items() if of == [position, layers]]
        return [statistics.mean(block) for block in zip(*every, strict=True)]

    def losses(self, recipe: str, layers: int) -> list[float]:
        """Held-out losses, one for each seed."""
        runs = [t for t in self.trained if (t.recipe, t.layers) == (recipe, layers)]
        return [t.loss for t in sorted(runs, key=lambda t: t.seed)]


def read(path: Path = SHIPPED) -> History:
    """The stored measurement. Errors: OSError, ValueError, KeyError, TypeError."""
    stored = load(path)
    gradients = {(g["place"], g["layers"], g["seed"]): g["norms"] for g in stored["gradients"]}
    return History(stored["about"], gradients, [Trained(**one) for one in stored["trained"]])
