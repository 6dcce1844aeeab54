"""What was measured on: the machine, the versions and the date, in one paragraph."""

import platform
import time
from importlib.metadata import version

import psutil
from torch.backends.cpu import get_cpu_capability

from core.system.processor import processor_name


def describe(threads: int) -> str:
    """Processor, the instructions torch uses, cores, memory, versions, threads and date."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "streamlit", "plotly"))
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"Measured on {time.strftime('%Y-%m-%d', time.gmtime())}: {processor_name()} "
        f"({get_cpu_capability()}), {psutil.cpu_count()} cores, {memory:.0f} GiB, "
        f"{platform.system()}, Python {platform.python_version()}, {packages}; {threads} threads. "
        "Reference and product took turns in one process; the ratio is product over reference."
    )
