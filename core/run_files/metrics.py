"""The records of a run: metrics.jsonl, read as a stream of lines, each checked against a schema.

A training of 1,000 epochs writes some 100,000 lines of 500 bytes. A file may have ten times as
many; at most MAX_RECORDS of a kind are in memory at once. Lines that are not records are skipped,
and so is a last line that a crash left incomplete.
"""

import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Literal, NotRequired, TypedDict

from core.run_files import schema
from core.run_files.schema import Amount, Name, Number, Text, Whole

MAX_LINES = 1_000_000
MAX_BYTES = 500_000_000
MAX_LINE_BYTES = 65_536  # enough for the gradient norms of 2,000 layers
MAX_RECORDS = 4_000  # of a kind in memory, 5 MB; a chart shows at most 1,500 points
MAX_BAD_LINES = 1_000  # after so many lines that are not records, reading stops
BLOCK = 65_536  # bytes read at once from the end

Record = dict[str, Any]


class _Kind(TypedDict):
    kind: Literal["start", "step", "epoch"]


class _Line(TypedDict):
    step: Whole
    seconds: NotRequired[Amount]
    cpu_seconds: NotRequired[Amount]
    examples: NotRequired[Whole]


class StepLine(_Line):
    """A line of kind "step", see `core.training.records.StepRecord`."""

    kind: Literal["step"]
    epoch: Amount
    loss: NotRequired[float]
    lr: NotRequired[float]
    grad_norm: NotRequired[float]
    layer_norms: NotRequired[dict[Name, float]]


class EpochLine(_Line):
    """A line of kind "epoch", see `core.training.records.EpochRecord`."""

    kind: Literal["epoch"]
    epoch: Whole
    train: dict[Name, Number]
    held_out: dict[Name, Number]
    text: NotRequired[Text | None]


class StartLine(_Line):
    """The line of kind "start", see `core.training.records.StartRecord`."""

    kind: Literal["start"]
    epoch: Whole
    text: NotRequired[Text | None]


_TYPES: dict[str, Any] = {"start": StartLine, "step": StepLine, "epoch": EpochLine}


def parse_record(line: bytes) -> Record:
    """The record in a line. Errors: ValueError, what is wrong with it, without a full stop."""
    if len(line) > MAX_LINE_BYTES:
        raise ValueError(f"it has more than {MAX_LINE_BYTES:,} bytes")
    kind = schema.decode(line, _Kind)["kind"]
    record: Record = schema.decode(line, _TYPES[kind])
    return record


def read(path: Path) -> Iterator[Record]:
    """Every record, one after the other; none when there is no file."""
    try:
        with open(path, "rb") as file:
            yield from _valid(lines(file))
    except OSError:
        return


def lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines; one that is too long is cut just above the limit."""
    read_bytes = 0
    for _ in range(MAX_LINES):
        line = file.readline(MAX_LINE_BYTES + 2)
        if not line or read_bytes > MAX_BYTES:
            return
        yield line
        read_bytes += len(line)
        while line and not line.endswith(b"\n"):
            line = file.readline(MAX_LINE_BYTES)
            read_bytes += len(line)


def _valid(raw: Iterable[bytes]) -> Iterator[Record]:
    bad = 0
    for line in raw:
        try:
            yield parse_record(line)
        except ValueError:
            bad += 1
            if bad > MAX_BAD_LINES:
                return


class ThinnedRecords:
    """Records in order, a bounded number of each kind, and always the newest.

    Beyond MAX_RECORDS of a kind every second one is dropped, and from then on every second one is
    added, then every fourth …
    """

    def __init__(self) -> None:
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
            if self._held[kind] > MAX_RECORDS:
                self._thin(kind)

    def records(self) -> list[Record]:
        """The records as a new list."""
        last = self._last
        newest = [last] if last is not None and self._records[-1] is not last else []
        return [*self._records, *newest]

    def _thin(self, kind: str) -> None:
        remaining, number = [], 0
        for record in self._records:
            if record["kind"] == kind:
                number += 1
                if number % 2 == 0:
                    continue
            remaining.append(record)
        self._records, self._every[kind] = remaining, 2 * self._every[kind]
        self._held[kind] = (number + 1) // 2


def thinned(records: Iterable[Record]) -> list[Record]:
    """As many of the records as `ThinnedRecords` holds."""
    buffer = ThinnedRecords()
    for record in records:
        buffer.add(record)
    return buffer.records()


def epochs(path: Path) -> list[Record]:
    """The records of kind "epoch", thinned; the list is shared: do not change it."""
    try:
        about = path.stat()
    except OSError:
        return []
    return _epochs(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=64)
def _epochs(path: Path, _changed: int, _size: int) -> list[Record]:
    """Cached until the file's time of change (ns) or its size (bytes) differs."""
    return thinned(record for record in read(path) if record["kind"] == "epoch")


def last(path: Path) -> dict[str, Record]:
    """The newest record of a step and of an epoch, by kind; shared: do not change it."""
    try:
        about = path.stat()
        return _last(path, about.st_mtime_ns, about.st_size)
    except OSError:
        return {}


@lru_cache(maxsize=512)
def _last(path: Path, _changed: int, _size: int) -> dict[str, Record]:
    """Cached until the file's time of change (ns) or its size (bytes) differs."""
    newest: dict[str, Record] = {}
    with open(path, "rb") as file:
        for record in _valid(_backwards(file)):
            newest.setdefault(record["kind"], record)
            if {"step", "epoch"} <= newest.keys():
                break
    return newest


def _backwards(file: BinaryIO) -> Iterator[bytes]:
    """The lines from last to first; one that is too long is cut above the limit."""
    at = end = file.seek(0, os.SEEK_END)
    rest = b""
    while at > max(0, end - MAX_BYTES):
        start = max(0, at - BLOCK)
        file.seek(start)
        block = file.read(at - start) + rest
        at = start
        rest, *lines = block.split(b"\n")
        yield from (line for line in reversed(lines) if line)
        rest = rest[: MAX_LINE_BYTES + 1]
    if rest:
        yield rest


def find_error(path: Path) -> str:
    """What is wrong with a metrics.jsonl, one sentence; "" if it is valid or missing."""
    try:
        about = path.stat()
        return _find_error(path, about.st_mtime_ns, about.st_size)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"{path.name} cannot be read: {error.strerror}."


@lru_cache(maxsize=512)
def _find_error(path: Path, _changed: int, size: int) -> str:
    """Cached until the file's time of change (ns) or its size (bytes) differs."""
    if size > MAX_BYTES:
        return f"{path.name} has more than {MAX_BYTES:,} bytes."
    with open(path, "rb") as file:
        for number, line in enumerate(lines(file), 1):
            try:
                parse_record(line)
            except ValueError as error:
                if line.endswith(b"\n") or len(line) > MAX_LINE_BYTES:  # else still being written
                    return f"{path.name} is damaged in line {number:,}: {error}."
        if file.read(1):
            return f"{path.name} has more than {MAX_LINES:,} lines."
    return ""
