"""Recorded histories of full trainings: what was reached, and after how many seconds of training.

They are in assets/NAME (shipped models) and benchmarks/histories/NAME (others), as a run's own
spec.json and metrics.jsonl; `make bench-quality` trains them again.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.config.run_spec import RunSpec
from core.models.zoo import ASSETS
from core.run_files.directory import RunDirectory

HISTORIES = Path(__file__).resolve().parent / "histories"


class NotRecorded(ValueError):
    """A row has no history to read from; the message says which, and what makes it."""


@dataclass(frozen=True)
class Epoch:
    """After one epoch: held-out measures, and the seconds of training until then."""

    number: int
    held_out: dict[str, float]
    seconds: float


@dataclass(frozen=True)
class History:
    """One full training."""

    name: str
    spec: RunSpec
    epochs: list[Epoch]

    @property
    def last(self) -> Epoch:
        return self.epochs[-1]

    def best(self, measure: str, least: bool) -> Epoch:
        """The epoch with the largest (or the least) value of a held-out measure."""
        return (min if least else max)(self.epochs, key=lambda e: e.held_out[measure])

    def said(self) -> str:
        """Precision, threads and clock in words."""
        precision = self.spec.recipe_config().precision
        clock = "processor time of 1 thread" if self.spec.threads == 1 else "time by the clock"
        return f"{self.name}: {precision}, {self.spec.threads} thread(s), {clock}"


def history(name: str) -> History:
    """The recorded training of that name. Errors: NotRecorded when there is none."""
    folder = next(
        (f / name for f in (HISTORIES, ASSETS) if (f / name / "spec.json").exists()), None
    )
    if folder is None:
        raise NotRecorded(
            f"no history of {name} is recorded yet: `make bench-quality MODEL={name}`"
        )
    run = RunDirectory(folder)
    spec = RunSpec.from_dict(run.spec())
    return History(name, spec, [_epoch(record, spec) for record in run.epochs()])


def _epoch(record: dict[str, Any], spec: RunSpec) -> Epoch:
    """One thread: its processor time, which other work on the machine does not stretch."""
    seconds = record["cpu_seconds"] if spec.threads == 1 else record["seconds"]
    return Epoch(record["epoch"], record["held_out"], seconds)
