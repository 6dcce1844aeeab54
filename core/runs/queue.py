"""The queue: first come, first served, as many runs at once as there are slots.

    .queue/lock                   held by whoever changes anything here
    .queue/00000042-RUN_ID        a ticket: this run waits or works; gone when it is over

There is no daemon. Whoever looks may move the queue on, and a trainer does so when it ends.
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
from core.runs.engines import chosen, ray
from core.runs.process import alive, end_tree
from core.runs.status import engine_of, process_of, standing


def slots() -> int:
    """Runs at once: UNROLLED_SLOTS, else one for each GPU, else 1; a cluster queues by itself.

    Errors: ValueError when UNROLLED_SLOTS is no whole number of at least 1.
    """
    asked = os.environ.get("UNROLLED_SLOTS", "")
    if asked:
        if not asked.isdecimal() or int(asked) < 1:
            raise ValueError(f"UNROLLED_SLOTS must be a whole number from 1 on, not {asked!r}.")
        return int(asked)
    return 1000 if chosen() == "ray" else max(1, gpus())


def gpus() -> int:
    """NVIDIA GPUs that the system shows to us, told without loading torch."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    there = len(list(Path("/proc/driver/nvidia/gpus").glob("*")))
    if visible is None:
        return there
    return min(there, len([name for name in visible.split(",") if name.strip()]))


def submit(spec: dict[str, Any], **more: Any) -> RunDirectory:
    """A new run at the end of the queue; it starts as soon as a slot is free.

    more: what else spec.json shall say. Errors: OSError when the runs folder cannot be written,
    MissingDataError (one too) when the data is not here.
    """
    require_data(RunSpec.from_dict(spec))
    place = runs_folder()
    while True:
        path = place / new_run_id(str(spec["kind"]), str(spec["data"]))
        with suppress(FileExistsError):  # another start may draw the same id at the same moment
            path.mkdir(parents=True)
            break
    run = RunDirectory.create(path, {**spec, **more})
    enqueue(run)
    return run


def require_data(spec: RunSpec) -> None:
    """Errors: MissingDataError when the data is not here; a cluster has its own."""
    if chosen() != "ray":
        spec.require_data()


def enqueue(run: RunDirectory) -> None:
    """Put a run that nobody works on at the end of the queue, and move the queue on.

    Errors: ValueError when it waits or works already, or is finished.
    """
    with _lock():
        if _ticket(run) is not None:
            now = standing(run).state
            if now in ("queued", "running"):
                raise ValueError(f"The run {run.path.name} is {now} already.")
            _drop(run)
        state = standing(run).state
        if state in ("done", "damaged"):
            raise ValueError(f"The run {run.path.name} is {state}; there is nothing to resume.")
        control.clear(run)
        manifest.lift(run)
        (run.path / "engine.json").unlink(missing_ok=True)
        step = run.status().get("step")
        run.set_status("queued", "Waiting for a free slot.", **({"step": step} if step else {}))
        _take_ticket(run)
    advance()


def advance(wait: float = 30.0) -> None:
    """Tidy the queue and start what may start.

    Does nothing if another is at it for `wait` s, or where the folder cannot be written.
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


def occupy(run: RunDirectory) -> None:
    """A run that starts by itself, from the command line, takes a slot like the others."""
    if run.path.absolute().parent == runs_folder().absolute() and RUN_ID.fullmatch(run.path.name):
        with _lock():
            if _ticket(run) is None:
                _take_ticket(run)


def position(run: RunDirectory) -> int | None:
    """How many queued runs stand before this one; None when it is not queued."""
    waiting = [r.path.name for r in tickets() if standing(r).state == "queued"]
    return waiting.index(run.path.name) if run.path.name in waiting else None


def waiting() -> int:
    """How many runs wait for a slot."""
    return sum(standing(run).state == "queued" for run in tickets())


def pause(run: RunDirectory) -> None:
    """Keep a checkpoint, end the process, free the slot. A queued run just leaves the queue."""
    _ask_or_withdraw(run, "pause", "paused", "Taken out of the queue; resume it at any time.")


def cancel(run: RunDirectory) -> None:
    """Ask it to stop; after 5 s its processes are ended. A queued run just leaves the queue."""
    _ask_or_withdraw(run, "cancel", "cancelled", "Withdrawn before it started.")


def tickets() -> list[RunDirectory]:
    """The runs that wait or work, first come first."""
    found = sorted(p.name for p in _folder().glob("[0-9]*-*"))
    return [RunDirectory(runs_folder() / name.split("-", 1)[1]) for name in found]


def _ask_or_withdraw(run: RunDirectory, request: str, state: str, message: str) -> None:
    with _lock():
        status = standing(run)
        started = alive(status.status.get("starting")) or engine_of(run) is not None
        if status.state == "queued" and not started:
            step = {k: v for k, v in status.status.items() if k in ("step", "checksum")}
            run.set_status(state, message, **step)
            _drop(run)
        elif status.state in ("queued", "running"):
            control.request(run, request)
        else:
            raise ValueError(f"The run {run.path.name} is {status.state}; nobody works on it.")
    advance()


def _advance() -> None:
    """The lock is held. Over: the ticket goes. Silent for too long: ended. Free slot: started."""
    waiting, busy = [], []
    fresh = _looked_lately()
    for run in tickets():
        now = standing(run)
        if now.over:
            _close(run, now.state, now.message)
        elif engine_of(run):
            _look_at_cluster(run, fresh)
            busy.append(run)
        elif now.state == "running":
            if control.overdue(run):
                end_tree(process_of(run))
                _close(run, "cancelled", "Ended by force: it did not answer within 5 seconds.")
            else:
                busy.append(run)
        elif now.status.get("starting"):
            if not alive(now.status["starting"]):
                _close(run, "failed", "Its process ended before it began; its log may say why.")
            elif control.overdue(run):
                end_tree(now.status["starting"])
                _close(run, "cancelled", "Ended by force before it began.")
            else:
                busy.append(run)
        else:
            waiting.append(run)
    free = 0 if chosen() == "none" else max(0, slots() - len(busy))
    for run in waiting[:free]:
        busy.append(run)
        _start(run, busy)


def _start(run: RunDirectory, busy: list[RunDirectory]) -> None:
    if chosen() == "ray":
        try:
            ray.start(run)
        except OSError as error:
            _close(run, "failed", str(error))
        return
    taken = {(process_of(other) or standing(other).status).get("gpu") for other in busy}
    gpu = next((i for i in range(gpus()) if i not in taken), None)
    try:
        started = launch.start(run, gpu)
        status = {**run.status(), "starting": started, "gpu": gpu}
        if status["state"] == "queued":  # else it was quick and has said so itself
            replace_json(run.path / "status.json", status)
    except OSError as error:
        _close(run, "failed", f"No process could be started: {error.strerror or error}.")


def _looked_lately() -> bool:
    """Thirty viewers ask the cluster no more than once in two seconds."""
    mark = _folder() / "looked"
    with suppress(OSError):
        if 0 <= time.time() - mark.stat().st_mtime < 2:
            return True
    mark.touch()
    return False


def _look_at_cluster(run: RunDirectory, fresh: bool) -> None:
    if fresh:
        return
    verdict = ray.look(run)
    if verdict:
        asked = control.requested(run) == "cancel"
        _close(run, "cancelled" if asked else verdict[0], verdict[1])
    elif control.overdue(run):
        with suppress(ray.RayError):
            ray.stop(run)
        if standing(run).state == "queued":  # Ray ends no job that waits; ours ends as it begins
            _close(run, "cancelled", "Withdrawn before it started.", keep_request=True)


def _close(run: RunDirectory, state: str, message: str, keep_request: bool = False) -> None:
    """Write a state that only we know of, and take the ticket away."""
    with suppress(ValueError, OSError):
        status = run.status()
        if status.get("state") in ("queued", "running"):
            kept = {k: v for k, v in status.items() if k in ("step", "checksum")}
            run.set_status(state, message, **kept)
            if not keep_request:
                control.clear(run)
    _drop(run)


def _folder() -> Path:
    return runs_folder() / ".queue"


def _lock(wait: float = 60.0) -> FileLock:
    _folder().mkdir(parents=True, exist_ok=True)
    return FileLock(_folder() / "lock", timeout=wait)


def _ticket(run: RunDirectory) -> Path | None:
    found = [p for p in _folder().glob("[0-9]*-*") if p.name.split("-", 1)[1] == run.path.name]
    return found[0] if found else None


def _take_ticket(run: RunDirectory) -> None:
    """Numbers only ever rise: the last one given is remembered beside the lock."""
    counter = _folder() / "last"
    text = counter.read_text(encoding="ascii").strip() if counter.exists() else ""
    there = [p.name.split("-", 1)[0] for p in _folder().glob("[0-9]*-*")]
    number = 1 + max([int(n) for n in (text, *there) if n.isdecimal()], default=0)
    (_folder() / f"{number:08d}-{run.path.name}").touch()
    counter.write_text(str(number), encoding="ascii")


def _drop(run: RunDirectory) -> None:
    ticket = _ticket(run)
    if ticket is not None:
        ticket.unlink(missing_ok=True)
