"""Runs on a real Ray cluster on this machine: submit, watch, cancel, wrong token, cluster gone.

`make test-ray` installs Ray in a separate environment and sets UNROLLED_TEST_RAY to its command.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from core.config.run_spec import RunSpec
from core.runs import queue
from core.runs.engines import ray
from core.runs.status import run_status
from tests.browser.server import free_port
from tests.conftest import ROOT

RAY = os.environ.get("UNROLLED_TEST_RAY")
pytestmark = [
    pytest.mark.skipif(not RAY, reason="needs Ray: make test-ray"),
    pytest.mark.timeout(600),
]
TOKEN = "t" * 40
SPEC = RunSpec(
    "gpt",
    "CompactGPT",
    model={"dim": 16, "attn_dim": 8, "mlp_dim": 16, "num_heads": 2, "num_layers": 1},
    recipe={"epochs": 2, "batch_size": 8},
    data="grammar",
    share=0.05,
    threads=1,
)


@pytest.fixture(scope="module")
def head():
    """`ray start --head` on loopback, one CPU, with a token; gives its address."""
    port = free_port()
    env = os.environ | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN}
    env |= {"RAY_DISABLE_MEMORY_MONITOR": "1", "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp") as folder:
        command = ["start", "--head", "--node-ip-address=127.0.0.1", f"--port={free_port()}"]
        command += ["--dashboard-host=127.0.0.1", f"--dashboard-port={port}", "--num-cpus=1"]
        command += ["--object-store-memory=80000000", "--disable-usage-stats"]
        command += [f"--temp-dir={folder}", "--block"]
        with open(Path(folder) / "head.txt", "wb") as log:
            process = subprocess.Popen(
                [str(RAY), *command], env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
            try:
                wait_for_head(process, Path(folder) / "head.txt")
                wait_for_jobs(f"http://127.0.0.1:{port}")
                yield f"http://127.0.0.1:{port}", process
            finally:
                if process.poll() is None:
                    process.terminate()
                    process.wait(timeout=60)


def wait_for_head(process, log):
    """The web server answers before the nodes have joined, so the test waits for its answer."""
    while "Ray runtime started" not in log.read_text(errors="replace"):
        assert process.poll() is None, log.read_text(errors="replace")[-3000:]
        time.sleep(0.5)


def wait_for_jobs(address):
    import requests

    headers = {"Authorization": f"Bearer {TOKEN}"}
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            if requests.get(f"{address}/api/jobs/", headers=headers, timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.5)
    raise AssertionError("the Ray head did not come up")


@pytest.fixture
def cluster(head, tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("UNROLLED_ENGINE", "ray")
    monkeypatch.setenv("UNROLLED_RAY_ADDRESS", head[0])
    monkeypatch.setenv("UNROLLED_RAY_TOKEN", TOKEN)
    monkeypatch.setenv("UNROLLED_RAY_PYTHON", sys.executable)
    return head


def wait(run, *states, seconds=240):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        queue.advance()
        now = run_status(run)
        if now.state in states:
            return now
        time.sleep(0.5)
    raise AssertionError(f"{run_status(run)}\n{ray.log(run)}")


def test_a_run_is_submitted_watched_and_done(cluster):
    run = queue.submit(SPEC.to_dict())
    assert wait(run, "done").state == "done"
    assert [r["epoch"] for r in run.metrics() if r["kind"] == "epoch"] == [1, 2]
    assert "epoch 2/2" in ray.log(run)
    assert queue.tickets() == []


def test_a_running_job_is_cancelled_and_a_queued_one_withdrawn(cluster):
    long = RunSpec(**{**vars(SPEC), "recipe": {**SPEC.recipe, "epochs": 5000}})
    first, second = queue.submit(long.to_dict()), queue.submit(long.to_dict())
    wait(first, "running")
    queue.cancel(second)  # the cluster has one CPU: it waits there
    assert wait(second, "cancelled").state == "cancelled"
    while not first.metrics():
        time.sleep(0.2)
    queue.cancel(first)
    assert "a checkpoint is kept" in wait(first, "cancelled").message


def test_a_wrong_token_is_reported(cluster, monkeypatch):
    monkeypatch.setenv("UNROLLED_RAY_TOKEN", "x" * 40)
    run = queue.submit(SPEC.to_dict())
    assert run_status(run).state == "failed"
    assert "refuses the token" in run_status(run).message


def test_an_unreachable_cluster_is_reported_and_the_run_is_kept(cluster):
    long = RunSpec(**{**vars(SPEC), "recipe": {**SPEC.recipe, "epochs": 5000}})
    run = queue.submit(long.to_dict())
    wait(run, "running")
    cluster[1].terminate()
    cluster[1].wait(timeout=60)
    deadline = time.monotonic() + 60
    while "does not answer" not in run_status(run).message:
        assert time.monotonic() < deadline
        queue.advance()
        time.sleep(0.5)
    late = queue.submit(SPEC.to_dict())
    assert run_status(late).state == "failed"
    assert "does not answer" in run_status(late).message
