"""What a training process owes the others: one at a time, known by name, and it hears a stop."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from filelock import FileLock, Timeout

from core.run_files import manifest
from core.run_files.directory import RunDirectory, replace_json
from core.runs import control, queue
from core.runs.process import identity, memory_kills
from core.runs.status import engine_of, process_of, standing


@contextmanager
def at_work(run: RunDirectory) -> Iterator[None]:
    """Hold the run while its body trains; afterwards let the next one in the queue start.

    The lock is the system's: it goes with the process, however that ends. A polite end from
    outside (SIGTERM) becomes the wish to pause. Errors: ValueError when another process trains it.
    """
    if engine_of(run) and control.requested(run) == "cancel":
        raise ValueError(f"The run {run.path.name} was withdrawn before the cluster started it.")
    lock = FileLock(run.path / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        pid = (process_of(run) or {}).get("pid", "unknown")
        raise ValueError(
            f"The run {run.path.name} is being trained already, by the process {pid}."
        ) from error
    try:
        gpu = os.environ.get("UNROLLED_GPU", "")
        about = identity() | {"memory_kills": memory_kills()}
        about |= {"gpu": int(gpu)} if gpu.isdecimal() else {}
        replace_json(run.path / "proc.json", about)
        manifest.lift(run)
        run.set_status("running", "Starting.", **_kept(run))
        queue.occupy(run)
        with _polite(run):
            yield
    finally:
        with suppress(OSError, ValueError):  # a full disk has been told of already
            if standing(run).over:
                manifest.write(run)
        with suppress(OSError):
            lock.release()
            queue.advance(wait=5)


def _kept(run: RunDirectory) -> dict[str, object]:
    return {k: v for k, v in run.status().items() if k in ("step", "checksum")}


@contextmanager
def _polite(run: RunDirectory) -> Iterator[None]:
    def on_term(number: int, frame: FrameType | None) -> None:
        control.request(run, "pause")

    try:
        before = signal.signal(signal.SIGTERM, on_term)
    except ValueError:  # not the main thread: a test drives it
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
