"""Identifies the process that trains a run, so that a reused pid is never mistaken for it.

    proc.json   {"pid", "created", "boot", "host"}

`created` is the time since boot where the system tells it (Linux), so that setting the clock
changes nothing; `boot` is different after every boot.
"""

import os
import platform
from pathlib import Path
from typing import Any

import psutil

NICE = 10  # of a training process, from -20 (first) to 19 (last)
CLOCK_SLACK = 2.0  # seconds; where creation times come from a clock that may be adjusted


def identity(pid: int | None = None) -> dict[str, Any]:
    """What identifies a process, by default this one. Errors: psutil.NoSuchProcess."""
    process = psutil.Process(pid)
    about = {"pid": process.pid, "created": _created(process)}
    return about | {"boot": boot_id(), "host": platform.node()}


def alive(about: dict[str, Any] | None) -> bool:
    """Whether that very process is running; a zombie is not."""
    return find(about) is not None


def find(about: dict[str, Any] | None) -> psutil.Process | None:
    """That very process; None when it has ended or `about` does not describe one."""
    try:
        if about is None or about["boot"] != boot_id() or about["host"] != platform.node():
            return None
        process = psutil.Process(about["pid"])
        if abs(_created(process) - about["created"]) > CLOCK_SLACK:
            return None
        return None if process.status() == psutil.STATUS_ZOMBIE else process
    except (psutil.Error, KeyError, OverflowError):
        return None


def kill_tree(about: dict[str, Any] | None) -> None:
    """Kill that process and all its descendants."""
    process = find(about)
    if process is None:
        return
    try:
        family = [*process.children(recursive=True), process]
    except psutil.Error:
        family = [process]
    for member in family:
        try:
            member.kill()
        except psutil.Error:
            continue
    psutil.wait_procs(family, timeout=3)


def boot_id() -> str:
    """An identifier that changes with every boot of the machine."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return f"about {round(psutil.boot_time() / 60)}"


def memory_kills() -> int:
    """How many processes of our control group were killed out of memory; 0 if unknown."""
    try:
        group = Path("/proc/self/cgroup").read_text(encoding="ascii").strip().split(":")[-1]
        events = Path("/sys/fs/cgroup") / group.lstrip("/") / "memory.events"
        counts = dict(line.split() for line in events.read_text(encoding="ascii").splitlines())
        return int(counts.get("oom_kill", 0))
    except (OSError, ValueError):
        return 0


def lower_priority(pid: int) -> None:
    """Lower the priority of a process below everything else on the machine.

    Linux divides time between sessions first and applies nice only within one (man 7 sched, "The
    autogroup feature"), so the autogroup of a session's leading process is lowered too.
    """
    process = psutil.Process(pid)
    try:
        process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if os.name == "nt" else NICE)
        if hasattr(os, "getsid") and os.getsid(pid) == pid:
            Path(f"/proc/{pid}/autogroup").write_text(str(NICE), encoding="ascii")
    except (psutil.Error, OSError):
        return  # it has ended, belongs to another user, or the system has no autogroups


def _created(process: psutil.Process) -> float:
    """Seconds since boot on Linux (field 22 of /proc/PID/stat), since 1970 elsewhere."""
    try:
        stat = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8", errors="replace")
        return int(stat.rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return float(process.create_time())
