"""Asking a run to stop: a file in its control/ folder, which the trainer looks for every step."""

import time

from core.run_files import schema
from core.run_files.directory import RunDirectory, replace_json
from core.runs.process import boot_id

WISHES = ("pause", "cancel")
PATIENCE = 5.0  # seconds between the wish to cancel and the end of the process tree


def ask(run: RunDirectory, wish: str) -> None:
    """Ask the trainer to keep a checkpoint and end: to be gone on with ("pause") or not."""
    if wish not in WISHES:
        raise ValueError(f"A run can be asked to {' or '.join(WISHES)}, not to {wish!r}.")
    (run.path / "control").mkdir(exist_ok=True)
    path = run.path / "control" / f"{wish}.json"
    if not path.exists():
        replace_json(path, {"asked": time.monotonic(), "boot": boot_id()})


def asked(run: RunDirectory) -> str | None:
    """What the run is asked to do; cancelling goes before pausing."""
    for wish in reversed(WISHES):
        if (run.path / "control" / f"{wish}.json").exists():
            return wish
    return None


def overdue(run: RunDirectory) -> bool:
    """Whether the wish to cancel is older than PATIENCE; the clock on the wall plays no part."""
    try:
        about = schema.read(run.path / "control" / "cancel.json", schema.Wish)
    except ValueError:
        return False
    return about["boot"] != boot_id() or time.monotonic() - about["asked"] > PATIENCE


def forget(run: RunDirectory) -> None:
    """No wish is open any more."""
    for wish in WISHES:
        (run.path / "control" / f"{wish}.json").unlink(missing_ok=True)
