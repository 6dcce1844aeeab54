"""The queue: first come, first served, as many runs at once as there are slots.

    .queue/lock                   held by the process that changes anything here
    .queue/00000042-RUN_ID        a ticket: this run is queued or running; deleted when it stops

There is no daemon: everybody who reads the queue may advance it, and so does a training that ends.
"""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from filelock import FileLock

from core.config.run_spec import RunSpec
from core.run_files import manifest
from core.run_files.directory import RUN_ID, RunDirectory, new_run_id, replace_json, runs_folder
from core.runs import control, launch
from core.runs.engines import engine_name, ray
from core.runs.process import alive, kill_tree
from core.runs.status import engine_of, process_of, run_status


def slots() -> int:
    """Runs at the same time: UNROLLED_SLOTS, else one per GPU, at least 1; a cluster has a queue.

    Errors: ValueError when UNROLLED_SLOTS is not a whole number of at least 1.
    """
    value = os.environ.get("UNROLLED_SLOTS", "")
    if value:
        if not value.isdecimal() or int(value) < 1:
            raise ValueError(f"UNROLLED_SLOTS must be a whole number of at least 1, not {value!r}.")
        return int(value)
    return 1000 if engine_name() == "ray" else max(1, gpus())


def gpus() -> int:
    """The number of visible NVIDIA GPUs, without loading torch."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    there = len(list(Path("/proc/driver/nvidia/gpus").glob("*")))
    if visible is None:
        return there
    return min(there, len([name for name in visible.split(",") if name.strip()]))


def submit(spec: dict[str, Any], **more: Any) -> RunDirectory:
    """Create a run at the end of the queue; it starts as soon as a slot is free.

    more: further fields of spec.json. Errors: OSError when the runs folder cannot be written,
    MissingDataError (an OSError) when the data is missing.
    """
    require_data(RunSpec.from_dict(spec))
    folder = runs_folder()
    while True:
        path = folder / new_run_id(str(spec["kind"]), str(spec["data"]))
        with suppress(FileExistsError):  # another start may draw the same id at the same moment
            path.mkdir(parents=True)
            break
    run = RunDirectory.create(path, {**spec, **more})
    enqueue(run)
    return run


def require_data(spec: RunSpec) -> None:
    """Errors: MissingDataError when the data is missing; a cluster has its own data."""
    if engine_name() != "ray":
        spec.require_data()


def enqueue(run: RunDirectory) -> None:
    """Put a stopped run at the end of the queue, and advance the queue.

    Errors: ValueError when it is already queued or running, or is done or damaged.
    """
    with _lock():
        if _ticket(run) is not None:
            now = run_status(run).state
            if now in ("queued", "running"):
                raise ValueError(f"The run {run.path.name} is already {now}.")
            _drop(run)
        state = run_status(run).state
        if state in ("done", "damaged"):
            raise ValueError(f"The run {run.path.name} is {state}; there is nothing to resume.")
        control.clear(run)
        manifest.remove(run)
        (run.path / "engine.json").unlink(missing_ok=True)
        run.set_status("queued", "Waiting for a free slot.")
        _take_ticket(run)
    advance()


def advance(wait: float = 30.0) -> None:
    """Update the queue and start the runs for which there are free slots.

    Does nothing if another process holds the lock for `wait` seconds, or if the folder cannot be
    written.
    """
    try:
        lock = _lock(wait)
        lock.acquire()
    except OSError:  # a Timeout of the lock is one
        return
    try:
        _advance()
    finally:
        lock.release()


def take_slot(run: RunDirectory) -> None:
    """Give a run that was started from the command line a slot like the others."""
    if run.path.absolute().parent == runs_folder().absolute() and RUN_ID.fullmatch(run.path.name):
        with _lock():
            if _ticket(run) is None:
                _take_ticket(run)


def position(run: RunDirectory) -> int | None:
    """How many queued runs come before this one; None when it is not queued."""
    waiting = [r.path.name for r in tickets() if run_status(r).state == "queued"]
    return waiting.index(run.path.name) if run.path.name in waiting else None


def waiting() -> int:
    """How many runs are waiting for a slot."""
    return sum(run_status(run).state == "queued" for run in tickets())


def pause(run: RunDirectory) -> None:
    """Write a checkpoint, end the process, free the slot. A queued run just leaves the queue."""
    _ask_or_withdraw(run, "pause", "paused", "Taken out of the queue; resume it at any time.")


def cancel(run: RunDirectory) -> None:
    """Request a stop; after 5 s its processes are killed. A queued run just leaves the queue."""
    _ask_or_withdraw(run, "cancel", "cancelled", "Withdrawn before it started.")


def tickets() -> list[RunDirectory]:
    """The runs that are queued or running, in order of arrival."""
    names = sorted(p.name for p in _folder().glob("[0-9]*-*"))
    return [RunDirectory(runs_folder() / name.split("-", 1)[1]) for name in names]


def _ask_or_withdraw(run: RunDirectory, request: str, state: str, message: str) -> None:
    with _lock():
        status = run_status(run)
        started = alive(status.status.get("starting")) or engine_of(run) is not None
        if status.state == "queued" and not started:
            run.set_status(state, message)
            _drop(run)
        elif status.state in ("queued", "running"):
            control.request(run, request)
        else:
            raise ValueError(
                f"The run {run.path.name} is {status.state}; it is neither queued nor running."
            )
    advance()


def _advance() -> None:
    """With the lock held: remove ended runs, kill overdue ones, start as many as slots are free."""
    waiting, busy = [], []
    polled = _polled_recently()
    for run in tickets():
        now = run_status(run)
        if now.is_over:
            _close(run, now.state, now.message)
        elif engine_of(run):
            _poll_cluster(run, polled)
            busy.append(run)
        elif now.state == "running":
            if control.overdue(run):
                kill_tree(process_of(run))
                _close(run, "cancelled", "Ended by force: it did not answer within 5 seconds.")
            else:
                busy.append(run)
        elif now.status.get("starting"):
            if not alive(now.status["starting"]):
                _close(run, "failed", "Its process ended before the training began; see its log.")
            elif control.overdue(run):
                kill_tree(now.status["starting"])
                _close(run, "cancelled", "Ended by force before it began.")
            else:
                busy.append(run)
        else:
            waiting.append(run)
    free = 0 if engine_name() == "none" else max(0, slots() - len(busy))
    for run in waiting[:free]:
        busy.append(run)
        _start(run, busy)


def _start(run: RunDirectory, busy: list[RunDirectory]) -> None:
    if engine_name() == "ray":
        try:
            ray.start(run)
        except OSError as error:
            _close(run, "failed", str(error))
        return
    busy_gpus = {(process_of(other) or run_status(other).status).get("gpu") for other in busy}
    gpu = next((i for i in range(gpus()) if i not in busy_gpus), None)
    try:
        started = launch.start(run, gpu)
        status = {**run.status(), "starting": started, "gpu": gpu}
        if status["state"] == "queued":  # otherwise it has already written its own status
            replace_json(run.path / "status.json", status)
    except OSError as error:
        _close(run, "failed", f"No process could be started: {error.strerror or error}.")


def _polled_recently() -> bool:
    """Whether any viewer polled the cluster in the last two seconds."""
    mark = _folder() / "looked"
    with suppress(OSError):
        if 0 <= time.time() - mark.stat().st_mtime < 2:
            return True
    mark.touch()
    return False


def _poll_cluster(run: RunDirectory, polled: bool) -> None:
    if polled:
        return
    verdict = ray.poll(run)
    if verdict:
        cancelled = control.requested(run) == "cancel"
        _close(run, "cancelled" if cancelled else verdict[0], verdict[1])
    elif control.overdue(run):
        with suppress(ray.RayError):
            ray.stop(run)
        if run_status(run).state == "queued":  # Ray ends no job that waits; ours ends as it begins
            _close(run, "cancelled", "Withdrawn before it started.", keep_request=True)


def _close(run: RunDirectory, state: str, message: str, keep_request: bool = False) -> None:
    """Write the final state of a run that cannot do so itself, and remove its ticket."""
    with suppress(ValueError, OSError):
        if run.status()["state"] in ("queued", "running"):
            run.set_status(state, message)
            if not keep_request:
                control.clear(run)
    _drop(run)


def _folder() -> Path:
    return runs_folder() / ".queue"


def _lock(wait: float = 60.0) -> FileLock:
    _folder().mkdir(parents=True, exist_ok=True)
    return FileLock(_folder() / "lock", timeout=wait)


def _ticket(run: RunDirectory) -> Path | None:
    tickets = [p for p in _folder().glob("[0-9]*-*") if p.name.split("-", 1)[1] == run.path.name]
    return tickets[0] if tickets else None


def _take_ticket(run: RunDirectory) -> None:
    """Numbers only increase: the last one is stored beside the lock."""
    counter = _folder() / "last"
    text = counter.read_text(encoding="ascii").strip() if counter.exists() else ""
    there = [p.name.split("-", 1)[0] for p in _folder().glob("[0-9]*-*")]
    number = 1 + max([int(n) for n in (text, *there) if n.isdecimal()], default=0)
    (_folder() / f"{number:08d}-{run.path.name}").touch()
    counter.write_text(str(number), encoding="ascii", newline="\n")


def _drop(run: RunDirectory) -> None:
    ticket = _ticket(run)
    if ticket is not None:
        ticket.unlink(missing_ok=True)
