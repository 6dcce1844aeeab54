"""Run something that downloads into a folder, and report the size of the folder while it runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from pathlib import Path

from core.data.locations import JobProgress, T

SECONDS = 0.5  # between two records


def watched(
    download: Callable[[], T], folder: Path, what: str, total: int | None
) -> Generator[JobProgress, None, T]:
    """Run `download()` in a thread; yields the bytes in `place` until it returns, then its result.

    Errors: those of `download`. Closed early, the thread ends with its process.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(download())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, name=what, daemon=True)
    thread.start()
    while thread.is_alive():
        done = size_of(folder)
        yield JobProgress(what, min(done, total) if total else done, total, "bytes")
        thread.join(SECONDS)
    if errors:
        raise errors[0]
    return results[0]


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder that is being written."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:  # it was moved in the meantime
            continue
    return total
