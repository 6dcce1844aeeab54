"""Rate limits, and delays that grow with wrong guesses.

Both are kept in memory for at most KEYS visitors; the least recently seen are evicted first.
Nothing here sleeps: the functions return how many seconds to wait.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from cachetools import LRUCache

KEYS = 10_000
KEY_LENGTH = 100  # characters; longer keys are cut
Clock = Callable[[], float]


class _Counts:
    """(number, time) of each key, with a lock and bounded memory."""

    def __init__(self, clock: Clock):
        self._clock, self._lock = clock, threading.Lock()
        self._counts: LRUCache[str, tuple[float, float]] = LRUCache(KEYS)

    def __len__(self) -> int:
        return len(self._counts)


class Rate(_Counts):
    """A token bucket: `most` times at once, then one more every `seconds / most`."""

    def __init__(self, most: int, seconds: float, clock: Clock = time.monotonic):
        super().__init__(clock)
        self.most, self.seconds = most, seconds

    def take(self, key: str) -> float:
        """Take a token and return 0.0, or return the seconds until there is one."""
        key = key[:KEY_LENGTH]
        with self._lock:
            now = self._clock()
            left, seen = self._counts.get(key, (float(self.most), now))
            left = min(self.most, left + (now - seen) * self.most / self.seconds)
            if left >= 1:
                self._counts[key] = left - 1, now
                return 0.0
            return (1 - left) * self.seconds / self.most

    def give_back(self, key: str) -> None:
        """Return a token: the action failed."""
        key = key[:KEY_LENGTH]
        with self._lock:
            if key in self._counts:
                left, seen = self._counts[key]
                self._counts[key] = left + 1, seen


class Delays(_Counts):
    """Delays after wrong guesses: none after the first `free`, then each doubles the wait, from 1 s
    up to `longest` seconds. A key without a guess for `forget` seconds is reset."""

    def __init__(self, free: int, longest: float, forget: float, clock: Clock = time.monotonic):
        super().__init__(clock)
        self.free, self.longest, self.forget = free, longest, forget

    def guess(self, key: str) -> float:
        """Count a guess as wrong and return 0.0, or return the seconds to wait.

        A guess is counted before it is checked: simultaneous guesses cannot all pass.
        """
        key = key[:KEY_LENGTH]
        with self._lock:
            now = self._clock()
            wrong, last = self._counts.get(key, (0.0, now))
            if now - last > self.forget:
                wrong = 0.0
            wait = last + self._delay(wrong) - now
            if wait > 0:
                return wait
            self._counts[key] = wrong + 1, now
            return 0.0

    def right(self, key: str) -> None:
        """The guess was right: reset the key."""
        with self._lock:
            self._counts.pop(key[:KEY_LENGTH], None)

    def give_back(self, key: str) -> None:
        """The guess does not count as wrong; earlier ones still do."""
        key = key[:KEY_LENGTH]
        with self._lock:
            if key in self._counts:
                wrong, last = self._counts[key]
                self._counts[key] = max(0.0, wrong - 1), last

    def _delay(self, wrong: float) -> float:
        """Seconds to wait after this many wrong guesses."""
        beyond = wrong - self.free
        return 0.0 if beyond < 0 else float(min(self.longest, 2.0 ** min(beyond, 60)))
