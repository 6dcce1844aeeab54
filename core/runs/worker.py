"""Run lock, process identity and graceful stop of a training process."""

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
from core.runs.status import engine_of, process_of, run_status


@contextmanager
def run_lock(run: RunDirectory) -> Iterator[None]:
    """Lock the run while the block trains; afterwards start the next run in the queue.

    The system releases the lock when the process ends in any way. SIGTERM becomes a request to
    pause. Errors: ValueError when another process trains the run.
    """
    if engine_of(run) and control.requested(run) == "cancel":
        raise ValueError(f"The run {run.path.name} was withdrawn before the cluster started it.")
    lock = FileLock(run.path / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        pid = (process_of(run) or {}).get("pid", "unknown")
        raise ValueError(
            f"The run {run.path.name} is already being trained, by process {pid}."
        ) from error
    try:
        gpu = os.environ.get("UNROLLED_GPU", "")
        about = identity() | {"memory_kills": memory_kills()}
        about |= {"gpu": int(gpu)} if gpu.isdecimal() else {}
        replace_json(run.path / "proc.json", about)
        manifest.remove(run)
        run.set_status("running", "Starting.")
        queue.take_slot(run)
        with _pause_on_sigterm(run):
            yield
    finally:
        with suppress(OSError, ValueError):  # a full disk has been reported already
            if run_status(run).is_over:
                manifest.write(run)
        with suppress(OSError):
            lock.release()
            queue.advance(wait=5)


@contextmanager
def _pause_on_sigterm(run: RunDirectory) -> Iterator[None]:
    def on_term(number: int, frame: FrameType | None) -> None:
        control.request(run, "pause")

    try:
        before = signal.signal(signal.SIGTERM, on_term)
    except ValueError:  # not in the main thread, as in a test
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
