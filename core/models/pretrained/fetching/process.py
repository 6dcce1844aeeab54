"""A fetch in a separate process, which can be followed and cancelled.

Converting takes memory and time that the dashboard does not have; they end with the process.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import weakref
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from core.models.pretrained import store
from core.system.folders import PROJECT
from core.system.processes import detached, make_nice, stop

LAST = 20_000  # bytes of the output that are read
PATIENCE = 10  # seconds for a cancelled process to tidy up


class Fetch:
    """`source` on its way to become the model `name`. Errors: OSError, ValueError."""

    def __init__(self, source: str, name: str):
        store.require_free(name)
        self.source, self.name, self.cancelled = source, name, False
        folder = tempfile.TemporaryDirectory(prefix="unrolled-", ignore_cleanup_errors=True)
        weakref.finalize(self, folder.cleanup)
        self._output = Path(folder.name) / "output"
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "core.models.pretrained.fetching", source, name],
                cwd=PROJECT, env={**os.environ, "OMP_NUM_THREADS": "1"}, stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.DEVNULL, **detached(),
            )  # fmt: skip
        make_nice(self._process.pid)

    @property
    def running(self) -> bool:
        """Whether the process is still at work."""
        return self._process.poll() is None

    def progress(self) -> tuple[str, float | None]:
        """What it is doing, and the share that is done; None where that is not known."""
        report = self._last()
        done, total = report.get("done", 0), report.get("total")
        return str(report.get("what", "starting")), min(1.0, done / total) if total else None

    def error(self) -> str:
        """The sentence it ended with; "" while it runs, when it was cancelled or went well."""
        if self.running or self.cancelled or self._process.returncode == 0:
            return ""
        unforeseen = f"The process that fetched {self.name} stopped; try again."
        return str(self._last().get("error", unforeseen))

    def cancel(self) -> None:
        """Stop it and remove what it had written; a model that is complete already stays."""
        self.cancelled = self.running
        stop(self._process, PATIENCE)
        for part in (self.name, f"get-{self.name}"):
            remove_parts(part)

    def _last(self) -> dict[str, Any]:
        with self._output.open("rb") as output:
            output.seek(max(0, output.seek(0, os.SEEK_END) - LAST))
            tail = output.read(LAST)
        for line in reversed(tail.split(b"\n")[:-1]):
            try:
                report = json.loads(line)
            except ValueError:
                continue
            if isinstance(report, dict):
                return report
        return {}


def remove_parts(part: str) -> None:
    """Remove what a killed process left of `part`, unless another is at work on it."""
    folder = store.models_folder()
    if not folder.is_dir():
        return
    try:
        with FileLock(folder / f".{part}.lock", timeout=0):
            for stale in folder.glob(f".{part}.part-*"):
                shutil.rmtree(stale, ignore_errors=True)
    except Timeout:
        pass
