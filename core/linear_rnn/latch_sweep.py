"""Accuracy against delay: every layer trained on every delay with several seeds.

    python -m core.linear_rnn.latch_sweep FILE.json     train all 144 and write the report

The LSTM is trained twice: with torch's initialisation, and with a forget-gate bias of 1.
One thread needs about three minutes.
"""

from __future__ import annotations

import itertools
import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from core.system.measurements import load, shipped

DELAYS = (3, 5, 10, 15, 20, 30, 45, 60)
SEEDS = (0, 1, 2)
SHIPPED = shipped("rnn_memory")


@dataclass(frozen=True)
class SweepPoint:
    """Final accuracies of trainings that differ in their seed only."""

    layer: str
    delay: int
    accuracies: tuple[float, ...]
    forget_bias: float = 0.0

    @property
    def median(self) -> float:
        return statistics.median(self.accuracies)


@dataclass(frozen=True)
class SweepReport:
    """All points, and a description of the training they share."""

    training: str
    points: tuple[SweepPoint, ...]

    def curve(self, layer: str, forget_bias: float = 0.0) -> list[SweepPoint]:
        """The points of one layer, by delay."""
        same = [p for p in self.points if (p.layer, p.forget_bias) == (layer, forget_bias)]
        return sorted(same, key=lambda p: p.delay)


def read_sweep(path: Path = SHIPPED) -> SweepReport:
    """A report of `python -m core.linear_rnn.latch_sweep`; older ones have no forget_bias."""
    stored = load(path)
    points = (
        SweepPoint(p["layer"], p["delay"], tuple(p["accuracies"]), p.get("forget_bias", 0.0))
        for p in stored["points"]
    )
    return SweepReport(stored["training"], tuple(points))


def main(path: Path, delays: Sequence[int] = DELAYS, seeds: Sequence[int] = SEEDS) -> None:
    from core.linear_rnn.latch_task import LAYERS, MemoryTask, train_memory
    from core.system.device import use_threads

    use_threads(1)
    points = []
    variants = [(layer, 0.0) for layer in LAYERS] + [("LSTM", 1.0)]
    for delay, (layer, forget_bias) in itertools.product(delays, variants):
        accuracies = []
        for seed in seeds:
            task = MemoryTask(delay=delay, seed=seed, forget_bias=forget_bias)
            last = list(train_memory(layer, task, every=task.steps))[-1]
            accuracies.append(round(last.accuracy, 4))
        point = SweepPoint(layer, delay, tuple(accuracies), forget_bias)
        points.append(asdict(point))
        print(point, flush=True)
    task = MemoryTask()
    training = (
        f"{task.steps} steps of Adam at {task.learning_rate:g}, batch size {task.batch}, "
        f"{task.hidden} hidden units, torch's initialisation, median and range of "
        f"{len(seeds)} seeds"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps({"training": training, "points": points}, indent=1) + "\n",
        encoding="utf-8",
        newline="\n",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
