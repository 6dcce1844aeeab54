"""A dashboard of its own for the browser tests, on a free loopback port."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# How the dashboard is started: the arguments of `python -m`; the port follows them.
STREAMLIT = ("streamlit", "run", "dashboard/app.py", "--server.headless", "true", "--server.port")
UNROLLED = ("dashboard.command", "--no-browser", "--port")


def free_port() -> int:
    """A TCP port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def dashboard(folder: Path, words: Sequence[str] = STREAMLIT, **environment: str) -> Iterator[str]:
    """Start the dashboard, give its address, stop it.

    Its log is folder/log.txt.
    Runs go to folder/runs and rooms to folder/state: a test never meets what its user keeps.
    Errors: RuntimeError when it does not answer within three minutes.
    """
    port = free_port()
    env = os.environ | {"OMP_NUM_THREADS": "1", "UNROLLED_RUNS": str(folder / "runs")}
    env["UNROLLED_STATE"] = str(folder / "state")
    env["MALLOC_ARENA_MAX"] = "2"  # as `make run` has it
    # Only the entry's own folder is on the path of a script: the project must be found from here.
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), env.get("PYTHONPATH")]))
    with open(folder / "log.txt", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *words, str(port)],
            cwd=ROOT,
            env=env | environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_healthy(process, port, folder / "log.txt")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_healthy(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(
        f"The dashboard did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}"
    )
