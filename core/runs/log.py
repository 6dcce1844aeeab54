"""The log of a run: its log.txt here, or the log of its job on a cluster."""

import os

from core.run_files.directory import RunDirectory
from core.runs.engines import ray
from core.runs.status import engine_of

MAX_BYTES = 20_000  # bytes


def tail(run: RunDirectory) -> str:
    """The end of the log, in whole lines; "" if it is empty. Errors: OSError, one sentence."""
    if engine_of(run) is not None:
        return ray.log(run)[-MAX_BYTES:]
    try:
        with open(run.path / "log.txt", "rb") as file:
            cut = file.seek(0, os.SEEK_END) > MAX_BYTES
            file.seek(-MAX_BYTES if cut else 0, os.SEEK_END if cut else os.SEEK_SET)
            text = file.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    return text.partition("\n")[2] if cut else text
