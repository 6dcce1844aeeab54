"""Files that are written whole: a reader sees the old content or the new one, never half of it."""

import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar

# Windows refuses to replace a file that is being read, and to open one that is being replaced.
WINDOWS = os.name == "nt"
TRIES, PAUSE = 100, 0.02  # times; seconds between two
T = TypeVar("T")


def patiently(work: Callable[[], T]) -> T:
    """What `work` returns; on Windows it is tried for two seconds while a file is in use.

    Errors: the OSError of the last attempt.
    """
    for _ in range(TRIES - 1 if WINDOWS else 0):
        try:
            return work()
        except PermissionError:
            time.sleep(PAUSE)
    return work()


@contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """A file open for writing that replaces `path` when the block ends without an error.

    It is written beside `path` as a hidden file, synced to the disk and renamed; after an error
    it is removed and `path` is unchanged. Nobody but this user may write to it. Errors: OSError.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, 0o644)) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        patiently(lambda: os.replace(temporary, path))
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Replace the content of `path` in one step. Errors: OSError, with `path` unchanged."""
    with atomic_write(path) as file:
        file.write(data)
