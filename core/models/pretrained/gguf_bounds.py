"""Whether the header of a GGUF file stays within the file, before the `gguf` package reads it.

That package believes every length it meets: a forged one would keep it reading for years.
Source: the GGUF specification of ggml, version 3 (version 2 has the same layout).
"""

import mmap
from pathlib import Path

WIDTHS = (1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8)  # bytes of each type; 8 is text, 9 an array
TEXT, ARRAY = 8, 9
MOST = {"values": 10_000, "tensors": 100_000, "items": 2_000_000}


class _Walk:
    """A position in the file that never passes its end. Errors: ValueError."""

    def __init__(self, data: mmap.mmap):
        self._data, self._at = data, 0

    def skip(self, count: int) -> bytes:
        """Read `count` bytes and return the first hundred of them."""
        start, self._at = self._at, self._at + count
        if self._at > len(self._data):
            raise ValueError("a length passes the end of the file")
        return self._data[start : min(self._at, start + 100)]

    def number(self, width: int, most: int) -> int:
        """A whole number of `width` bytes. Errors: ValueError above `most`."""
        value = int.from_bytes(self.skip(width), "little")
        if value > most:
            raise ValueError(f"a count is {value:,}")
        return value

    def text(self) -> bytes:
        """A text, its length first."""
        return self.skip(self.number(8, len(self._data)))

    def value(self) -> None:
        """A value, its type first."""
        kind = self.number(4, len(WIDTHS) - 1)
        if kind == TEXT:
            self.text()
        elif kind != ARRAY:
            self.skip(WIDTHS[kind])
        else:
            item, count = self.number(4, len(WIDTHS) - 1), self.number(8, MOST["items"])
            if item == ARRAY:
                raise ValueError("an array holds arrays")
            if item != TEXT:
                self.skip(count * WIDTHS[item])
            for _ in range(count if item == TEXT else 0):
                self.text()


def require_bounded(path: Path) -> None:
    """Errors: ValueError when a name, value or tensor of the header lies outside the file."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        walk = _Walk(data)
        if walk.skip(4) != b"GGUF" or walk.number(4, 3) < 2:
            raise ValueError("it does not begin as a GGUF file of version 2 or 3")
        tensors = walk.number(8, MOST["tensors"])
        for _ in range(walk.number(8, MOST["values"])):
            walk.text()
            walk.value()
        for _ in range(tensors):
            walk.text()
            axes = walk.number(4, 4)
            for _ in range(axes):
                walk.number(8, 2**40)
            walk.skip(4 + 8)  # its type, and where its numbers are
