"""The shipped trainings of many widths on much and little data, read without torch.

`python -m core.publish.power_law_experiment` trains the models and writes the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.system.measurements import load_trained, shipped

SHIPPED = shipped("power_law")
COMMAND = "python -m core.publish.power_law_experiment"
WIDTHS, DIALOGUES = (4, 8, 16, 32), (1_500, 3_000, 6_000, 12_000)
HELD_OUT = (64, 24_000)  # a width and a number of dialogues that the fit does not see
LEAST = 3_000  # dialogues of the trainings that the law is fitted to


@dataclass(frozen=True)
class Trained:
    """One training on so many dialogues, each read once. loss: nats a token on new ones."""

    width: int
    dialogues: int
    parameters: int
    loss: float


@dataclass(frozen=True)
class History:
    """about: what all share, with `floor`, the entropy of the test set, and `entropy`, that of the
    grammar, nats a token."""

    about: dict[str, Any]
    trained: list[Trained]

    def of(self, width: int, dialogues: int) -> Trained:
        """One training. Raises KeyError if there is none."""
        for run in self.trained:
            if (run.width, run.dialogues) == (width, dialogues):
                return run
        raise KeyError((width, dialogues))

    def grid(self) -> list[Trained]:
        """All but the held-out one."""
        return [one for one in self.trained if (one.width, one.dialogues) != HELD_OUT]

    def fitted(self) -> list[Trained]:
        """Those of the grid that the power law is fitted to: with LEAST dialogues or more."""
        return [one for one in self.grid() if one.dialogues >= LEAST]


def read(path: Path = SHIPPED) -> History:
    """The stored trainings. Errors: OSError, ValueError, KeyError, TypeError."""
    return History(*load_trained(path, Trained))
