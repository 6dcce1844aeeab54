"""The records of a run while it grows: each look reads only what has come since the one before."""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from core.run_files import metrics as records

Made = TypeVar("Made")

TAIL = 2_000  # bytes before the end, by which a file that was written anew is told


@dataclass(frozen=True, eq=False)
class Seen:
    """The records as they stood at one moment, and what was made of them; not to be altered."""

    records: list[dict[str, Any]]
    _made: dict[Hashable, Any] = field(default_factory=dict)

    def make(self, what: Callable[..., Made], *settings: Hashable) -> Made:
        """`what(records, *settings)`, worked out once however often it is asked for."""
        key = (what, settings)
        if key not in self._made:
            self._made[key] = what(self.records, *settings)
        made: Made = self._made[key]
        return made


class Follower:
    """Follows one metrics.jsonl; many threads may look through it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._forget()

    def look(self) -> Seen:
        """What the file holds now: the same object until a line is added or it is written anew."""
        with self._lock:
            try:
                with open(self._path, "rb") as file:
                    file.seek(self._end - len(self._tail))
                    if file.read(len(self._tail)) != self._tail:
                        self._forget()
                        file.seek(0)
                    self._add(file)
            except OSError:
                if self._end:
                    self._forget()
            return self._seen

    def _forget(self) -> None:
        self._end = 0  # bytes read so far, whole lines only
        self._tail = b""  # the end of them: where it no longer stands, all is new
        self._kept, self._seen = records.Kept(), Seen([])

    def _add(self, file: BinaryIO) -> None:
        """A last line without its end is left for the next look, and so is what follows on too many
        that are no records."""
        before, bad = self._end, 0
        for line in records.lines(file):
            if not line.endswith(b"\n") and len(line) <= records.LONGEST:
                break
            self._end = file.tell()
            try:
                self._kept.add(records.record_in(line))
            except ValueError:
                bad += 1
                if bad > records.PATIENCE:
                    break
        if self._end > before:
            start = max(0, self._end - TAIL)
            file.seek(start)
            self._tail = file.read(self._end - start)
            self._seen = Seen(self._kept.records())
