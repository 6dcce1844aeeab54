"""Starts a run's process in its own session, so that it outlives the process that starts it."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from core.run_files.directory import RunDirectory
from core.runs.process import identity
from core.system.processes import detached, lower_priority

PROJECT = Path(__file__).resolve().parent.parent.parent


def start(run: RunDirectory, gpu: int | None = None) -> dict[str, Any]:
    """Start `python -m core.train --resume RUN` at low priority; returns its identity.

    gpu: the number of the only GPU it may use. Its output goes to log.txt.
    Errors: OSError when the process cannot be started or the log cannot be written.
    """
    with open(run.path / "log.txt", "ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "core.train", "--resume", str(run.path.absolute())],
            cwd=PROJECT,
            env=environment(int(run.spec().get("threads") or 0), gpu),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            **detached(),
        )
    lower_priority(process.pid)
    about = identity(process.pid)
    # Wait for its end, or it remains a zombie.
    threading.Thread(target=process.wait, name=f"wait-{process.pid}", daemon=True).start()
    return about


def environment(threads: int, gpu: int | None) -> dict[str, str]:
    """This process's environment with a number of threads, 0 for all cores; idle ones sleep."""
    variables = dict(os.environ)
    count = str(threads or os.cpu_count() or 1)
    variables |= {"OMP_NUM_THREADS": count, "MKL_NUM_THREADS": count}
    variables |= {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0", "GOMP_SPINCOUNT": "0"}
    variables |= {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
    variables["PYTHONPATH"] = os.pathsep.join(
        filter(None, [str(PROJECT), os.environ.get("PYTHONPATH")])
    )
    if gpu is not None:
        variables |= {"CUDA_VISIBLE_DEVICES": str(gpu), "UNROLLED_GPU": str(gpu)}
    return variables


def thread_budget(slots: int = 1) -> int:
    """CPU threads for each of `slots` runs; one core is left to the dashboard."""
    return max(1, ((os.cpu_count() or 1) - 1) // slots)
