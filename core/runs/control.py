"""Requests to a running training: a file in its control/ folder, which it looks for every step."""

import time

from core.run_files import schema
from core.run_files.directory import RunDirectory, replace_json
from core.runs.process import boot_id, same_boot

REQUESTS = ("pause", "cancel")
TIMEOUT = 5.0  # seconds from the request to cancel until the processes are killed


def request(run: RunDirectory, name: str) -> None:
    """Request "pause" or "cancel": the training writes a checkpoint and exits.

    Both can be resumed. Errors: ValueError for another name.
    """
    if name not in REQUESTS:
        raise ValueError(f"A run can be asked to {' or '.join(REQUESTS)}, not to {name!r}.")
    (run.path / "control").mkdir(exist_ok=True)
    path = run.path / "control" / f"{name}.json"
    if not path.exists():
        replace_json(path, {"asked": time.monotonic(), "boot": boot_id()})


def requested(run: RunDirectory) -> str | None:
    """The open request, None without one; "cancel" comes before "pause"."""
    for name in reversed(REQUESTS):
        if (run.path / "control" / f"{name}.json").exists():
            return name
    return None


def overdue(run: RunDirectory) -> bool:
    """Whether the request to cancel is older than TIMEOUT, by the monotonic clock."""
    try:
        about = schema.read(run.path / "control" / "cancel.json", schema.Request)
    except ValueError:
        return False
    return not same_boot(about["boot"]) or time.monotonic() - about["asked"] > TIMEOUT


def clear(run: RunDirectory) -> None:
    """Remove all requests."""
    for name in REQUESTS:
        (run.path / "control" / f"{name}.json").unlink(missing_ok=True)
