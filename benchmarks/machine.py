"""What was measured on: the machine, the versions and the date, in one paragraph."""

import argparse
import os
import platform
import time
from importlib.metadata import version

import psutil
from torch.backends.cpu import get_cpu_capability

from core.system.processor import processor_name

AVX2 = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
}


def offer_avx2(options: argparse.ArgumentParser) -> None:
    """The option --avx2 of a benchmark that starts a server."""
    options.add_argument("--avx2", action="store_true", help="torch uses AVX2, not AVX-512")


def recorded_as(name: str, title: str, avx2: bool) -> tuple[str, str]:
    """The file and the title of a table; if avx2, servers that are started now use AVX2 only."""
    if not avx2:
        return name, title
    os.environ.update(AVX2)  # torch reads them once, when it first computes
    return f"{name}-avx2", f"{title}, with AVX2 only"


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
