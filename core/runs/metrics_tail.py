"""The records of a run in progress: every read takes in only the lines added since the last."""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from core.run_files import metrics as records

Derived = TypeVar("Derived")

TAIL = 2_000  # bytes before the end, by which a rewritten file is recognised


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The records at one moment, and what was computed from them; shared: do not change it."""

    records: list[dict[str, Any]]
    _derived: dict[Hashable, Any] = field(default_factory=dict)

    def derive(self, function: Callable[..., Derived], *settings: Hashable) -> Derived:
        """`function(records, *settings)`, computed once for everybody who asks for it."""
        key = (function, settings)
        if key not in self._derived:
            self._derived[key] = function(self.records, *settings)
        result: Derived = self._derived[key]
        return result


class MetricsTail:
    """Reads one metrics.jsonl as it grows; may be shared by threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._reset()

    def read(self) -> Snapshot:
        """The records now: the same object until a line is added or the file is rewritten."""
        with self._lock:
            try:
                with open(self._path, "rb") as file:
                    file.seek(self._end - len(self._tail))
                    if file.read(len(self._tail)) != self._tail:
                        self._reset()
                        file.seek(0)
                    self._add(file)
            except OSError:
                if self._end:
                    self._reset()
            return self._snapshot

    def _reset(self) -> None:
        self._end = 0  # bytes read so far, whole lines only
        self._tail = b""  # the last bytes read: if they differ later, the file was rewritten
        self._records, self._snapshot = records.ThinnedRecords(), Snapshot([])

    def _add(self, file: BinaryIO) -> None:
        """An incomplete last line is left for the next read, and so are the lines after too many
        that are not records."""
        before, bad = self._end, 0
        for line in records.lines(file):
            if not line.endswith(b"\n") and len(line) <= records.MAX_LINE_BYTES:
                break
            self._end = file.tell()
            try:
                self._records.add(records.parse_record(line))
            except ValueError:
                bad += 1
                if bad > records.MAX_BAD_LINES:
                    break
        if self._end > before:
            start = max(0, self._end - TAIL)
            file.seek(start)
            self._tail = file.read(self._end - start)
            self._snapshot = Snapshot(self._records.records())
