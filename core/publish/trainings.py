"""What the experiments share: their options, where they ran, and trainings made only once."""

import argparse
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from core.system.device import this_machine, use_threads
from core.system.measurements import load_trained, save

Record = TypeVar("Record")


def options(command: str, about: str | None, out: Path) -> argparse.ArgumentParser:
    """The command line of an experiment on one core, with --out; about: its docstring."""
    use_threads(1)
    first_line = (about or "").partition("\n")[0]
    parser = argparse.ArgumentParser(prog=command, description=first_line)
    parser.add_argument("--out", type=Path, default=out)
    return parser


def here_and_now() -> dict[str, str]:
    """The machine and the date."""
    return {"machine": this_machine(), "date": time.strftime("%Y-%m-%d")}


def train_missing(
    path: Path, kind: type[Record], fields: Iterable[str], settings: Iterable[tuple[Any, ...]],
    train: Callable[..., Record], shared: Mapping[str, object],
) -> Iterator[Record]:  # fmt: skip
    """Train with the settings that are not in the file, and replace the file after each training.

    kind: a dataclass. settings: values of its `fields`, which are the arguments of `train`.
    shared: the rest of the file.
    """
    trained: list[Any] = load_trained(path, kind)[1] if path.is_file() else []
    done = {tuple(getattr(record, field) for field in fields) for record in trained}
    for values in settings:
        if values not in done:
            trained.append(train(*values))
            save(path, {**shared, "trained": list(map(asdict, trained))})
            yield trained[-1]
