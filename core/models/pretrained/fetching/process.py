"""A fetch in a process of its own, which can be followed and cancelled.

Converting takes memory and time that the dashboard does not have; they end with the process.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import weakref
from typing import Any

import psutil
from filelock import FileLock, Timeout

from core.models.pretrained import store
from core.system.folders import PROJECT

LAST = 20_000  # bytes of the output that are read
PATIENCE = 10  # seconds for a cancelled process to tidy up


class Fetch:
    """`source` on its way to become the model `name`. Errors: OSError, ValueError."""

    def __init__(self, source: str, name: str):
        store.require_free(name)
        self.source, self.name, self.cancelled = source, name, False
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as this object
        weakref.finalize(self, self._output.close)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "core.models.pretrained.fetching", source, name],
            cwd=PROJECT, env={**os.environ, "OMP_NUM_THREADS": "1"}, stdin=subprocess.DEVNULL,
            stdout=self._output, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        with contextlib.suppress(psutil.Error):  # it ended at once, or may not be changed
            psutil.Process(self._process.pid).nice(10)

    @property
    def running(self) -> bool:
        """Whether the process is still at work."""
        return self._process.poll() is None

    def progress(self) -> tuple[str, float | None]:
        """What it is doing, and the share that is done; None where that is not known."""
        said = self._last()
        done, total = said.get("done", 0), said.get("total")
        return str(said.get("what", "starting")), min(1.0, done / total) if total else None

    def error(self) -> str:
        """The sentence it ended with; "" while it runs, when it was cancelled or went well."""
        if self.running or self.cancelled or self._process.returncode == 0:
            return ""
        unforeseen = f"The process that fetched {self.name} stopped; try again."
        return str(self._last().get("error", unforeseen))

    def cancel(self) -> None:
        """Stop it and remove what it had written; a model that is complete already stays."""
        self.cancelled = self.running
        for number in (signal.SIGINT, signal.SIGKILL):
            if self.running:
                _signal(self._process.pid, number)
                try:
                    self._process.wait(PATIENCE)
                except subprocess.TimeoutExpired:
                    continue
        _signal(self._process.pid, signal.SIGKILL)  # what it had started
        for part in (self.name, f"get-{self.name}"):
            remove_parts(part)

    def _last(self) -> dict[str, Any]:
        size = os.fstat(self._output.fileno()).st_size
        tail = os.pread(self._output.fileno(), LAST, max(0, size - LAST))
        for line in reversed(tail.split(b"\n")[:-1]):
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if isinstance(said, dict):
                return said
        return {}


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


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
