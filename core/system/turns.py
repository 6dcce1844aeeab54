"""Turns: how many may do something at once, so that a crowd is served one after the other."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """At most `places` at once; who takes longer than `seconds` no longer keeps others waiting.

    Threads of Python share one processor at a time, so sixty that begin together all end last.
    Taken in turn, each ends early, and what else the process does waits for `places` of them only.
    """

    def __init__(self, places: int, seconds: float):
        self.places, self.seconds = places, seconds
        self._change = threading.Condition()
        self._since: dict[object, float] = {}

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a place, and keep it during the block."""
        mine = object()
        with self._change:
            while wait := self._wait(time.monotonic()):
                self._change.wait(wait)
            self._since[mine] = time.monotonic()
        try:
            yield
        finally:
            with self._change:
                del self._since[mine]
                self._change.notify()

    def _wait(self, now: float) -> float:
        """Seconds until a place is free if nobody ends before; 0 where there is one."""
        young = sorted(t for t in self._since.values() if now - t < self.seconds)
        if len(young) < self.places:
            return 0.0
        return young[-self.places] + self.seconds - now
