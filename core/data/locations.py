"""The data folder: where downloaded and prepared data is stored, complete or not at all.

A file is downloaded, or an array is built, in a temporary folder inside the data folder, checked,
and renamed into place in one step. A file lock lets one process do the work while the others wait
and then use the result. What an interrupted process left in a temporary folder is removed by the
next one that holds the lock.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout

from core.system.folders import cache_folder

T = TypeVar("T")


class MissingDataError(FileNotFoundError):
    """A data set is missing; the message is one sentence with the command that gets it."""


@dataclass(frozen=True)
class JobProgress:
    """Progress of a long job: `done` of `total` (None: unknown) in `unit`."""

    what: str
    done: int
    total: int | None
    unit: str


def data_folder() -> Path:
    """The folder `UNROLLED_DATA`, by default `unrolled` in the user's cache folder.

    It is not created here.
    """
    if folder := os.environ.get("UNROLLED_DATA"):
        return Path(folder).expanduser()
    return cache_folder()


def drain(job: Generator[JobProgress, None, T]) -> T:
    """Run a job to its end without its progress records; returns its result."""
    while True:
        try:
            next(job)
        except StopIteration as end:
            result: T = end.value
            return result


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def wait_for_lock(folder: Path, name: str) -> Generator[JobProgress, None, FileLock]:
    """Acquire the lock `name` of `folder`; yields a record every second while it waits."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f".{name}.lock")
    while True:
        try:
            lock.acquire(timeout=1.0)
            return lock
        except Timeout:
            yield JobProgress(f"waiting for another process to prepare {name}", 0, None, "bytes")


@contextmanager
def staging(folder: Path, name: str) -> Iterator[Path]:
    """An empty temporary folder beside the target; call with the lock `name` held.

    It is removed at the end in any case, and so are those that killed processes left.
    """
    prefix = f".{name}.part-"
    for stale in folder.glob(f"{prefix}*"):
        shutil.rmtree(stale, ignore_errors=True)
    temporary = Path(tempfile.mkdtemp(prefix=prefix, dir=folder))
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
