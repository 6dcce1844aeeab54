"""python -m tests.load --sessions 300: a full lecture room against a dashboard of its own.

The dashboard is started on a free loopback port and ended again; with --training a demo training
runs beside it. Prints one figure a line.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from core.runs.launch import thread_budget
from core.system.processes import detached, lower_priority, stop
from tests.browser.server import dashboard
from tests.load.loop import run
from tests.load.room import Figures, lecture

FORGET = 120  # Streamlit's own default, in seconds


def process_on(address: str) -> psutil.Process:
    """Who listens there, on this machine."""
    port = urlsplit(address).port
    found = (c.pid for c in psutil.net_connections("tcp") if c.laddr and c.laddr.port == port)
    return psutil.Process(next(pid for pid in found if pid))


AGAIN = """
import subprocess, sys
while subprocess.run([sys.executable, *sys.argv[1:]]).returncode == 0:
    pass
"""


@contextlib.contextmanager
def training(folder: Path) -> Iterator[None]:
    """A demo training as the dashboard starts one, begun again when it is over."""
    options = ["--data", "grammar", "--preset", "demo", "--threads", str(thread_budget())]
    again = [sys.executable, "-c", AGAIN, "-m", "core.train", "gpt", *options]
    env = os.environ | {"UNROLLED_RUNS": str(folder / "trained")}
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(again, env=env, stdout=quiet, stderr=quiet, **detached())
    lower_priority(process.pid)
    try:
        yield
    finally:
        stop(process, patience=10)


def hold(sessions: int, arrive: float, minutes: float, every: float, beside: bool) -> Figures:
    """A lecture against a dashboard of its own, with a training beside it if wanted."""
    with (
        tempfile.TemporaryDirectory() as folder,
        dashboard(Path(folder)) as address,
        training(Path(folder)) if beside else contextlib.nullcontext(),
    ):
        server = process_on(address)
        return run(lecture(address, server, sessions, arrive, minutes, every, FORGET))


def main() -> int:
    top = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    top.add_argument("--sessions", type=int, default=300)
    top.add_argument("--arrive", type=float, default=60, help="seconds in which all arrive")
    top.add_argument("--minutes", type=float, default=3, help="that they stay afterwards")
    top.add_argument("--every", type=float, default=20, help="seconds between two changes")
    top.add_argument("--training", action="store_true", help="train beside it")
    asked = top.parse_args()
    if not 1 <= asked.sessions <= 1000 or not 0 < asked.minutes <= 30:
        top.error("--sessions goes from 1 to 1000 and --minutes up to 30.")
    figures = hold(asked.sessions, asked.arrive, asked.minutes, asked.every, asked.training)
    for name, value in figures.summary(asked.sessions).items():
        print(f"{name:36} {value}")
    failures = [*figures.dropped, *figures.wrong, *figures.lost]
    print("\n".join(failures[:10]))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
