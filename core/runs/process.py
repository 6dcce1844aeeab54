"""Identifies the process that trains a run, so that a reused pid is never mistaken for it.

    proc.json   {"pid", "created", "boot", "host"}

`created` is the time since boot where the system tells it (Linux), so that setting the clock
changes nothing; `boot` is different after every boot. macOS and Windows know only the time of the
boot, to a second or so, and macOS names the machine after the network it is in: "mac.local".
"""

import os
import platform
import re
import sys
from pathlib import Path
from typing import Any

import psutil

from core.system.processes import kill_family

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")  # Linux
CLOCK_SLACK = 2.0  # seconds; where creation times come from a clock that may be adjusted


def identity(pid: int | None = None) -> dict[str, Any]:
    """What identifies a process, by default this one. Errors: psutil.NoSuchProcess."""
    process = psutil.Process(pid)
    about = {"pid": process.pid, "created": _created(process)}
    return about | {"boot": boot_id(), "host": _host(platform.node())}


def alive(about: dict[str, Any] | None) -> bool:
    """Whether that very process is running; a zombie is not."""
    return find(about) is not None


def find(about: dict[str, Any] | None) -> psutil.Process | None:
    """That very process; None when it has ended or `about` does not describe one."""
    try:
        if about is None or not same_boot(about["boot"]):
            return None
        if _host(about["host"]) != _host(platform.node()):
            return None
        process = psutil.Process(about["pid"])
        if abs(_created(process) - about["created"]) > CLOCK_SLACK:
            return None
        return None if process.status() == psutil.STATUS_ZOMBIE else process
    except (psutil.Error, KeyError, OverflowError):
        return None


def kill_tree(about: dict[str, Any] | None) -> None:
    """Kill that process and all its descendants."""
    if process := find(about):
        kill_family(process)


def boot_id() -> str:
    """An identifier that changes with every boot of the machine."""
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return f"about {round(psutil.boot_time() / 60)}"


def same_boot(boot: str) -> bool:
    """Whether that `boot_id` is the present one; boot times may differ by a minute."""
    now = boot_id()
    minutes = [re.fullmatch(r"about (\d{1,15})", one) for one in (boot, now)]
    if minutes[0] and minutes[1]:
        return abs(int(minutes[0][1]) - int(minutes[1][1])) <= 1
    return boot == now


def _host(name: str) -> str:
    return name.split(".")[0]


def memory_kills() -> int:
    """How many processes of our control group were killed out of memory; 0 if unknown."""
    try:
        group = Path("/proc/self/cgroup").read_text(encoding="ascii").strip().split(":")[-1]
        events = Path("/sys/fs/cgroup") / group.lstrip("/") / "memory.events"
        counts = dict(line.split() for line in events.read_text(encoding="ascii").splitlines())
        return int(counts.get("oom_kill", 0))
    except (OSError, ValueError):
        return 0


def _created(process: psutil.Process) -> float:
    """Seconds since boot on Linux (field 22 of /proc/PID/stat), since 1970 elsewhere."""
    if sys.platform != "linux":
        return float(process.create_time())
    try:
        stat = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8", errors="replace")
        return int(stat.rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return float(process.create_time())
