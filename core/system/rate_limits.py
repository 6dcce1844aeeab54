"""How often a visitor may do something: a rate, and delays that grow with wrong guesses.

Both are kept in memory, for at most KEYS visitors: the ones seen longest ago are forgotten first.
Nothing here sleeps; a caller is told how many seconds to wait.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

KEYS = 10_000
KEY_LENGTH = 100  # characters; longer keys are told apart by their beginning
Clock = Callable[[], float]


class _Kept:
    """(number, time) of each key, guarded by a lock, bounded in memory."""

    def __init__(self, clock: Clock):
        self._clock, self._lock = clock, threading.Lock()
        self._kept: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def _keep(self, key: str, number: float, when: float) -> None:
        self._kept[key] = (number, when)
        self._kept.move_to_end(key)
        while len(self._kept) > KEYS:
            self._kept.popitem(last=False)


class Rate(_Kept):
    """A token bucket: `most` times at once, and then one more every seconds / most."""

    def __init__(self, most: int, seconds: float, clock: Clock = time.monotonic):
        super().__init__(clock)
        self.most, self.seconds = most, seconds

    def take(self, key: str) -> float:
        """Count one and return 0.0, or return the seconds until one more is allowed."""
        key = key[:KEY_LENGTH]
        with self._lock:
            now = self._clock()
            left, seen = self._kept.get(key, (float(self.most), now))
            left = min(self.most, left + (now - seen) * self.most / self.seconds)
            if left >= 1:
                self._keep(key, left - 1, now)
                return 0.0
            return (1 - left) * self.seconds / self.most

    def give_back(self, key: str) -> None:
        """What was taken did not happen."""
        key = key[:KEY_LENGTH]
        with self._lock:
            if key in self._kept:
                left, seen = self._kept[key]
                self._keep(key, left + 1, seen)


class Delays(_Kept):
    """Wrong guesses: `free` are answered at once; after that each doubles the wait, from 1 second
    up to `longest`. A key without a guess for `forget` seconds begins anew."""

    def __init__(self, free: int, longest: float, forget: float, clock: Clock = time.monotonic):
        super().__init__(clock)
        self.free, self.longest, self.forget = free, longest, forget

    def guess(self, key: str) -> float:
        """Count a guess as wrong and return 0.0, or return the seconds to wait.

        It is counted before anybody looks whether it is right: guesses made at the same time
        cannot pass all at once.
        """
        key = key[:KEY_LENGTH]
        with self._lock:
            now = self._clock()
            wrong, last = self._kept.get(key, (0.0, now))
            if now - last > self.forget:
                wrong = 0.0
            wait = last + self._delay(wrong) - now
            if wait > 0:
                return wait
            self._keep(key, wrong + 1, now)
            return 0.0

    def right(self, key: str) -> None:
        """The guess was right: the key begins anew."""
        with self._lock:
            self._kept.pop(key[:KEY_LENGTH], None)

    def give_back(self, key: str) -> None:
        """The guess was not wrong, but earlier ones still count."""
        key = key[:KEY_LENGTH]
        with self._lock:
            if key in self._kept:
                wrong, last = self._kept[key]
                self._keep(key, max(0.0, wrong - 1), last)

    def _delay(self, wrong: float) -> float:
        """Seconds to wait after so many wrong guesses."""
        beyond = wrong - self.free
        return 0.0 if beyond < 0 else float(min(self.longest, 2.0 ** min(beyond, 60)))
