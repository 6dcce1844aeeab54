"""Who trains a run: a process that is never mistaken for another that got its number later.

    proc.json   {"pid", "created", "boot", "host"}

`created` counts from the start of the machine where the system says so (Linux), so that a clock
that jumps changes nothing; `boot` differs after every start of the machine.
"""

import os
import platform
from pathlib import Path
from typing import Any

import psutil

NICE = 10  # of a training process, from -20 (first) to 19 (last)
CLOCK_SLACK = 2.0  # seconds; where creation times come from a clock that may be adjusted


def identity(pid: int | None = None) -> dict[str, Any]:
    """What tells this process (ours by default) from every other. Errors: psutil.NoSuchProcess."""
    process = psutil.Process(pid)
    about = {"pid": process.pid, "created": _created(process)}
    return about | {"boot": boot_id(), "host": platform.node()}


def alive(about: dict[str, Any] | None) -> bool:
    """Whether that very process still runs; one that ended and awaits its parent does not."""
    return find(about) is not None


def find(about: dict[str, Any] | None) -> psutil.Process | None:
    """That very process, or None when it is gone or this is no description of one."""
    try:
        if about is None or about["boot"] != boot_id() or about["host"] != platform.node():
            return None
        process = psutil.Process(about["pid"])
        if abs(_created(process) - about["created"]) > CLOCK_SLACK:
            return None
        return None if process.status() == psutil.STATUS_ZOMBIE else process
    except (psutil.Error, KeyError, OverflowError):
        return None


def end_tree(about: dict[str, Any] | None) -> None:
    """End that process and all it started, at once."""
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
    """Changes when the machine starts anew."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return f"about {round(psutil.boot_time() / 60)}"


def memory_kills() -> int:
    """How often the system has ended a process of our group for want of memory; 0 if unknown."""
    try:
        group = Path("/proc/self/cgroup").read_text(encoding="ascii").strip().split(":")[-1]
        events = Path("/sys/fs/cgroup") / group.lstrip("/") / "memory.events"
        counts = dict(line.split() for line in events.read_text(encoding="ascii").splitlines())
        return int(counts.get("oom_kill", 0))
    except (OSError, ValueError):
        return 0


def lower_priority(pid: int) -> None:
    """Let everything else on the machine go first.

    Linux shares time out between sessions first and looks at nice only within one (man 7 sched,
    "The autogroup feature"), so a process that leads a session has its autogroup lowered too.
    """
    process = psutil.Process(pid)
    try:
        process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if os.name == "nt" else NICE)
        if hasattr(os, "getsid") and os.getsid(pid) == pid:
            Path(f"/proc/{pid}/autogroup").write_text(str(NICE), encoding="ascii")
    except (psutil.Error, OSError):
        return  # it is gone, it is not ours to change, or this system has no autogroups


def _created(process: psutil.Process) -> float:
    """Seconds since boot on Linux (field 22 of /proc/PID/stat), since 1970 elsewhere."""
    try:
        stat = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8", errors="replace")
        return int(stat.rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return float(process.create_time())
