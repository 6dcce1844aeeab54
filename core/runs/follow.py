"""The records of a run while it grows: each look reads only what has come since the one before."""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from core.runs.directory import records_in

Made = TypeVar("Made")


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
        self._end = 0  # bytes read so far, whole lines only
        self._last = b""  # the newest line of them: where it no longer stands, all is new
        self._seen = Seen([])

    def look(self) -> Seen:
        """What the file holds now: the same object until a line is added or it is written anew."""
        with self._lock:
            try:
                with open(self._path, "rb") as file:
                    file.seek(self._end - len(self._last))
                    if file.read(len(self._last)) != self._last:
                        self._forget()
                        file.seek(0)
                    self._add(file.read())
            except OSError:
                self._forget()
            return self._seen

    def _forget(self) -> None:
        if self._end:
            self._end, self._last, self._seen = 0, b"", Seen([])

    def _add(self, data: bytes) -> None:
        """A last line without its end is left for the next look."""
        whole = data[: data.rfind(b"\n") + 1]
        if whole:
            self._end += len(whole)
            self._last = whole[whole.rfind(b"\n", 0, -1) + 1 :]
            new = records_in(whole.decode("utf-8", errors="replace"))
            self._seen = Seen([*self._seen.records, *new])
