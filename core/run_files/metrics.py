"""The records of a run: metrics.jsonl, read as a stream of lines, each held to a schema.

A training of 1,000 epochs writes some 100,000 lines of 500 bytes. A file may have ten times as
many, and no more than MOST_KEPT records of a kind are held at once. A line that is no record is
left out; so is a last line that was torn off by a crash.
"""

import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Literal, NotRequired, TypedDict

from core.run_files import schema
from core.run_files.schema import Amount, Name, Number, Text, Whole

MOST_LINES = 1_000_000
MOST_BYTES = 500_000_000
LONGEST = 65_536  # bytes of a line: the gradient's norm in 2,000 layers
MOST_KEPT = 4_000  # records of a kind in memory, 5 MB; a chart has room for 1,500 points
PATIENCE = 1_000  # lines that are no records, after which nobody reads on
BLOCK = 65_536  # bytes read at once from the end

Record = dict[str, Any]


class _Kind(TypedDict):
    kind: Literal["step", "epoch"]


class _Line(TypedDict):
    step: Whole
    seconds: NotRequired[Amount]
    cpu_seconds: NotRequired[Amount]
    examples: NotRequired[Whole]


class Step(_Line):
    """A line of kind "step", see `core.training.records.StepRecord`."""

    kind: Literal["step"]
    epoch: Amount
    loss: NotRequired[float]
    lr: NotRequired[float]
    grad_norm: NotRequired[float]
    layer_norms: NotRequired[dict[Name, float]]


class Epoch(_Line):
    """A line of kind "epoch", see `core.training.records.EpochRecord`."""

    kind: Literal["epoch"]
    epoch: Whole
    train: dict[Name, Number]
    held_out: dict[Name, Number]
    text: NotRequired[Text | None]


_TYPES: dict[str, Any] = {"step": Step, "epoch": Epoch}


def record_in(line: bytes) -> Record:
    """The record of a line. Errors: ValueError, what is wrong with it, without a full stop."""
    if len(line) > LONGEST:
        raise ValueError(f"it has more than {LONGEST:,} bytes")
    kind = schema.decode(line, _Kind)["kind"]
    found: Record = schema.decode(line, _TYPES[kind])
    return found


def read(path: Path) -> Iterator[Record]:
    """Every record, one after the other; nothing where there is no file."""
    try:
        with open(path, "rb") as file:
            yield from _good(lines(file))
    except OSError:
        return


def lines(file: BinaryIO) -> Iterator[bytes]:
    """Whole lines; of one that is too long, as much as shows it."""
    read_bytes = 0
    for _ in range(MOST_LINES):
        line = file.readline(LONGEST + 2)
        if not line or read_bytes > MOST_BYTES:
            return
        yield line
        read_bytes += len(line)
        while line and not line.endswith(b"\n"):
            line = file.readline(LONGEST)
            read_bytes += len(line)


def _good(found: Iterable[bytes]) -> Iterator[Record]:
    bad = 0
    for line in found:
        try:
            yield record_in(line)
        except ValueError:
            bad += 1
            if bad > PATIENCE:
                return


class Kept:
    """Records in order, as many as memory has room for: all of a kind up to MOST_KEPT, beyond that
    every second, then every fourth …, and always the newest."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._records: list[Record] = []
        self._last: Record | None = None
        self._seen = dict.fromkeys(_TYPES, 0)
        self._every = dict.fromkeys(_TYPES, 1)
        self._held = dict.fromkeys(_TYPES, 0)

    def add(self, record: Record) -> None:
        kind = record["kind"]
        number = self._seen[kind]
        self._seen[kind] += 1
        self._last = record
        if number % self._every[kind] == 0:
            self._records.append(record)
            self._held[kind] += 1
            if self._held[kind] > self._most:
                self._thin(kind)

    def records(self) -> list[Record]:
        """A list of its own."""
        last = self._last
        newest = [last] if last is not None and self._records[-1] is not last else []
        return [*self._records, *newest]

    def _thin(self, kind: str) -> None:
        kept, number = [], 0
        for record in self._records:
            if record["kind"] == kind:
                number += 1
                if number % 2 == 0:
                    continue
            kept.append(record)
        self._records, self._every[kind] = kept, 2 * self._every[kind]
        self._held[kind] = (number + 1) // 2


def kept(found: Iterable[Record]) -> list[Record]:
    """As many of them as `Kept` keeps."""
    keeper = Kept()
    for record in found:
        keeper.add(record)
    return keeper.records()


def epochs(path: Path) -> list[Record]:
    """The records of kind "epoch", as many as `Kept` keeps; not to be altered."""
    try:
        about = path.stat()
    except OSError:
        return []
    return _epochs(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=64)
def _epochs(path: Path, changed: int, size: int) -> list[Record]:
    """Read again only when the file has changed (its time in ns, its size in bytes)."""
    return kept(record for record in read(path) if record["kind"] == "epoch")


def last(path: Path) -> dict[str, Record]:
    """The newest record of each kind, read from the end; not to be altered."""
    try:
        about = path.stat()
        return _last(path, about.st_mtime_ns, about.st_size)
    except OSError:
        return {}


@lru_cache(maxsize=512)
def _last(path: Path, changed: int, size: int) -> dict[str, Record]:
    """Read again only when the file has changed (its time in ns, its size in bytes)."""
    found: dict[str, Record] = {}
    with open(path, "rb") as file:
        for record in _good(_backwards(file)):
            found.setdefault(record["kind"], record)
            if len(found) == len(_TYPES):
                break
    return found


def _backwards(file: BinaryIO) -> Iterator[bytes]:
    """The lines from the last to the first; of one that is too long, as much as shows it."""
    at = end = file.seek(0, os.SEEK_END)
    rest = b""
    while at > max(0, end - MOST_BYTES):
        start = max(0, at - BLOCK)
        file.seek(start)
        block = file.read(at - start) + rest
        at = start
        rest, *whole = block.split(b"\n")
        yield from (line for line in reversed(whole) if line)
        rest = rest[: LONGEST + 1]
    if rest:
        yield rest


def trouble(path: Path) -> str:
    """What is wrong with a metrics.jsonl, one sentence; "" when nothing is or there is none."""
    try:
        about = path.stat()
        return _trouble(path, about.st_mtime_ns, about.st_size)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"{path.name} cannot be read: {error.strerror}."


@lru_cache(maxsize=512)
def _trouble(path: Path, changed: int, size: int) -> str:
    """Read again only when the file has changed (its time in ns, its size in bytes)."""
    if size > MOST_BYTES:
        return f"{path.name} has more than {MOST_BYTES:,} bytes."
    with open(path, "rb") as file:
        for number, line in enumerate(lines(file), 1):
            try:
                record_in(line)
            except ValueError as error:
                if line.endswith(b"\n") or len(line) > LONGEST:  # else it is torn: usual
                    return f"{path.name} is damaged in line {number:,}: {error}."
        if file.read(1):
            return f"{path.name} has more than {MOST_LINES:,} lines."
    return ""
