"""The name of this machine's processor."""

import platform
from pathlib import Path


def processor_name() -> str:
    """As Linux lists it, else as Python's `platform` knows it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
