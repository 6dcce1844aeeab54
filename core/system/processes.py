"""Processes that outlive the window they were started from, on POSIX systems and on Windows."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

WINDOWS = os.name == "nt"
NICE = 10  # of a process in the background, from -20 (first) to 19 (last)
BELOW_NORMAL = 0x4000  # the same for Windows, which has classes
_KILL = 9  # SIGKILL, a name that Windows lacks
_NEW_GROUP, _NO_WINDOW = 0x0000_0200, 0x0800_0000  # of Windows' subprocess


def detached() -> dict[str, Any]:
    """Arguments of subprocess.Popen for a process that Ctrl+C and a closed terminal do not end.

    POSIX: its own session. Windows: its own process group and a hidden console.
    """
    if WINDOWS:
        return {"creationflags": _NEW_GROUP | _NO_WINDOW}
    return {"start_new_session": True}


def make_nice(pid: int) -> None:
    """Lower the priority of a process, on Linux within its session; nothing if that fails."""
    with contextlib.suppress(psutil.Error, OSError):  # it has ended, or is another user's
        psutil.Process(pid).nice(BELOW_NORMAL if WINDOWS else NICE)


def lower_priority(pid: int) -> None:
    """Lower the priority of a process below everything else on the machine.

    Linux divides time between sessions first and applies nice only within one (man 7 sched, "The
    autogroup feature"), so the autogroup of a session's leading process is lowered too.
    """
    make_nice(pid)
    try:
        if hasattr(os, "getsid") and os.getsid(pid) == pid:
            Path(f"/proc/{pid}/autogroup").write_text(f"{NICE}\n", encoding="ascii", newline="\n")
    except OSError:
        return  # it has ended, belongs to another user, or the system has no autogroups


def stop(process: subprocess.Popen[bytes], patience: float) -> None:
    """End a `detached` process and all that it has started.

    POSIX: it is interrupted, and killed after `patience` seconds. Windows can interrupt no process
    of another console, so there it is killed at once.
    """
    if WINDOWS:
        with contextlib.suppress(psutil.Error):
            kill_family(psutil.Process(process.pid))
        process.wait(patience)
        return
    if process.poll() is None:
        _signal_group(process.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    _signal_group(process.pid, _KILL)
    process.wait(patience)


def kill_family(process: psutil.Process) -> None:
    """Kill a process and all its descendants."""
    try:
        family = [*process.children(recursive=True), process]
    except psutil.Error:
        family = [process]
    for member in family:
        with contextlib.suppress(psutil.Error):
            member.kill()
    psutil.wait_procs(family, timeout=3)


def _signal_group(group: int, number: int) -> None:
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)
