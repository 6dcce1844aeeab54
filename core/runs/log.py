"""What the process of a run has said: its log.txt here, the log of its job on a cluster."""

import os

from core.run_files.directory import RunDirectory
from core.runs.engines import ray
from core.runs.status import engine_of

MOST = 20_000  # bytes


def said(run: RunDirectory) -> str:
    """The end of it, in whole lines; "" when there is nothing. Errors: OSError, one sentence."""
    if engine_of(run) is not None:
        return ray.log(run)[-MOST:]
    try:
        with open(run.path / "log.txt", "rb") as file:
            cut = file.seek(0, os.SEEK_END) > MOST
            file.seek(-MOST if cut else 0, os.SEEK_END if cut else os.SEEK_SET)
            text = file.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    return text.partition("\n")[2] if cut else text
