"""A run is a directory; a copy of the directory is a copy of the run.

    spec.json        the specification, written before anything starts
    status.json      the state, replaced atomically
    metrics.jsonl    one record a line, appended
    checkpoints/     NAME.safetensors and NAME.json, see core/models/checkpoint.py
    vocab.json       the vocabulary, for models of text
    log.txt          the output of the training process

Nothing here imports torch.
"""

import json
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from core.run_files import metrics as records, schema
from core.run_files.pooling import POOLED, architecture_of
from core.system.atomic_write import write_bytes
from core.system.folders import user_folder

STATES = get_args(schema.State)
MAX_MESSAGE = 5_000  # characters; some errors of torch are longer
RUN_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")


def runs_folder() -> Path:
    """Where runs live: UNROLLED_RUNS, else `unrolled/runs` in the user's data directory."""
    return user_folder("runs", "UNROLLED_RUNS")


def new_run_id(kind: str, data: str) -> str:
    """A fresh id such as vit-shapes-20261123-142501-3fa9: kind, data, UTC time, four hex digits."""
    stem = re.sub(r"[^a-z0-9]+", "-", Path(data).stem.lower()).strip("-")[:24] or "data"
    return f"{kind}-{stem}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(2)}"


def epoch_of(checkpoint: str) -> int | None:
    """The epoch after which a checkpoint of this name was taken; None for one within an epoch."""
    match = re.search(r"-epoch-(\d+)$", checkpoint)
    return int(match[1]) if match else None


@dataclass(frozen=True)
class RunDirectory:
    """Reads and writes the files of one run."""

    path: Path

    @classmethod
    def create(cls, path: Path, spec: dict[str, Any], state: str = "queued") -> "RunDirectory":
        """A new run at `path`. Errors: ValueError: one is there; OSError."""
        run = cls(path)
        if (path / "spec.json").exists():
            raise ValueError(
                f"There is already a run in {path}; resume it or choose another folder."
            )
        (path / "checkpoints").mkdir(parents=True, exist_ok=True)
        replace_json(path / "spec.json", spec)
        run.set_status(state)
        return run

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    def spec(self) -> dict[str, Any]:
        """The contents of spec.json. Errors: ValueError when it is missing or damaged."""
        spec = schema.read(self.path / "spec.json", schema.Spec)
        if spec["architecture"] not in POOLED:
            return {**spec}
        weights = self.last_checkpoint() or self.path / "start" / "weights"
        return {**spec, "architecture": architecture_of(spec["architecture"], weights)}

    def status(self) -> dict[str, Any]:
        """{"state": one of STATES, "message", "updated": seconds since 1970, ...}."""
        return {**schema.read(self.path / "status.json", schema.Status)}

    def set_status(self, state: str, message: str = "", **more: Any) -> None:
        """Replace status.json in one step; step and checksum stay unless `more` changes them.

        Errors: ValueError for an unknown state.
        """
        if state not in STATES:
            raise ValueError(f"There is no state {state!r}; the states are {', '.join(STATES)}.")
        message = message[:MAX_MESSAGE]
        with suppress(ValueError):  # a first or a damaged status has nothing to keep
            more = {k: v for k, v in self.status().items() if k in ("step", "checksum")} | more
        status = {"state": state, "message": message, "updated": time.time(), **more}
        replace_json(self.path / "status.json", status)

    def append(self, record: dict[str, Any]) -> None:
        """Add one record to metrics.jsonl as one line."""
        line = json.dumps(record, ensure_ascii=False) + "\n"
        with open(self.path / "metrics.jsonl", "ab") as file:
            file.write(line.encode())

    def sync_metrics(self) -> None:
        """Sync the records to the disk, so that they survive a power cut."""
        with open(self.path / "metrics.jsonl", "ab") as file:
            os.fsync(file.fileno())

    def records(self) -> Iterator[dict[str, Any]]:
        """Every record of metrics.jsonl, one after the other; other lines are skipped."""
        return records.read(self.path / "metrics.jsonl")

    def metrics(self) -> list[dict[str, Any]]:
        """The records, thinned by `ThinnedRecords` where there are many."""
        return records.thinned(self.records())

    def epochs(self) -> list[dict[str, Any]]:
        """The records of kind "epoch", thinned; shared: do not change them."""
        return records.epochs(self.path / "metrics.jsonl")

    def last_records(self) -> dict[str, dict[str, Any]]:
        """The newest record of each kind; shared: do not change them."""
        return records.last(self.path / "metrics.jsonl")

    def history_error(self) -> str:
        """What is wrong with metrics.jsonl, one sentence; "" when it is valid."""
        return records.find_error(self.path / "metrics.jsonl")

    def checkpoint_names(self) -> list[str]:
        """Names of complete checkpoints (both files exist), oldest step first."""
        paths = (p for p in self.checkpoints.glob("*.json") if not p.name.startswith("."))
        return sorted(p.stem for p in paths if p.with_suffix(".safetensors").exists())

    def last_checkpoint(self) -> Path | None:
        """The newest checkpoint, without suffix; None before the first."""
        names = self.checkpoint_names()
        return self.checkpoints / names[-1] if names else None


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object with any keys, nested at most two deep. Errors: ValueError, one sentence."""
    return schema.read(path, dict[str, schema.Plain])


def replace_json(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON object: a reader sees the old object or the new one, never half of it."""
    write_bytes(path, json.dumps(value, ensure_ascii=False, indent=1).encode())
