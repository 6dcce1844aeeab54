"""Runs on a Ray cluster through its Jobs REST API; Ray need not be installed here.

The cluster's machines share the runs folder and have the project installed. The job is the command
line that would run here; it writes the same run directory.

    UNROLLED_RAY_ADDRESS   such as http://head:8265
    UNROLLED_RAY_TOKEN     sent as "Authorization: Bearer …" where the cluster requires one
    UNROLLED_RAY_PYTHON    the interpreter there, "python" by default
    UNROLLED_RAY_GPUS      GPUs per run, 0 by default; CPUs are the run's threads

    engine.json            {"engine": "ray", "job": id, "trouble": sentence or ""}

Source: Ray's documentation, "Ray Jobs REST API".
"""

import os
import secrets
import shlex
from typing import Any

from core.run_files import schema
from core.run_files.directory import RunDirectory, replace_json
from core.runs.launch import environment

TIMEOUT = 5.0  # seconds for an answer
JOB_STATES = {"SUCCEEDED": "lost", "FAILED": "failed", "STOPPED": "cancelled"}


class RayError(OSError):
    """A request to the cluster failed; the message is one sentence."""


def start(run: RunDirectory) -> None:
    """Submit the run as a job of that name. Errors: RayError."""
    threads = int(run.spec().get("threads") or 1)
    env = environment(threads, None)
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OMP_WAIT_POLICY", "PYTHONUNBUFFERED")
    variables = {name: env[name] for name in names}
    variables |= {n: v for n in ("UNROLLED_RUNS", "UNROLLED_DATA") if (v := os.environ.get(n))}
    # It must not start other runs: the queue is managed here.
    variables["UNROLLED_ENGINE"] = "none"
    python = os.environ.get("UNROLLED_RAY_PYTHON") or "python"
    command = [python, "-m", "core.train", "--resume", str(run.path.absolute())]
    job = f"{run.path.name}-{secrets.token_hex(3)}"  # a resumed run is another job
    _ask(
        "POST",
        "/api/jobs/",
        {
            "entrypoint": shlex.join(command),
            "submission_id": job,
            "entrypoint_num_cpus": threads,
            "entrypoint_num_gpus": _gpus(),
            "runtime_env": {"env_vars": variables},
            "metadata": {"run": run.path.name},
        },
    )
    replace_json(run.path / "engine.json", {"engine": "ray", "job": job, "trouble": ""})


def poll(run: RunDirectory) -> tuple[str, str] | None:
    """(state, message) if the job has ended although the run's status is not final, else None.

    When the cluster does not answer, engine.json records that and nothing else changes.
    """
    about = _engine(run)
    try:
        job = _ask("GET", f"/api/jobs/{about['job']}")
    except RayError as error:
        replace_json(run.path / "engine.json", {**about, "trouble": str(error)})
        return None
    if about.get("trouble"):
        replace_json(run.path / "engine.json", {**about, "trouble": ""})
    state = JOB_STATES.get(str(job.get("status")))
    if state is None:
        return None
    text = " ".join(str(job.get("message") or "").split())[:300]
    return state, f"The job on the cluster ended ({job['status']}): {text}"


def stop(run: RunDirectory) -> None:
    """End the job. Errors: RayError."""
    _ask("POST", f"/api/jobs/{_engine(run)['job']}/stop")


def log(run: RunDirectory) -> str:
    """The log of the job so far. Errors: RayError."""
    answer = _ask("GET", f"/api/jobs/{_engine(run)['job']}/logs")
    return str(answer.get("logs", ""))


def _engine(run: RunDirectory) -> schema.Engine:
    return schema.read(run.path / "engine.json", schema.Engine)


def _gpus() -> float:
    number = os.environ.get("UNROLLED_RAY_GPUS") or "0"
    try:
        return float(number)
    except ValueError:
        raise RayError(f"UNROLLED_RAY_GPUS must be a number, not {number!r}.") from None


def _ask(method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    import requests

    address = (os.environ.get("UNROLLED_RAY_ADDRESS") or "").rstrip("/")
    if not address.startswith(("http://", "https://")):
        raise RayError(
            "UNROLLED_RAY_ADDRESS must be the cluster's address, such as http://head:8265."
        )
    token = os.environ.get("UNROLLED_RAY_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        answer = requests.request(
            method, address + path, json=body, headers=headers, timeout=TIMEOUT
        )
    except requests.RequestException as error:
        reason = type(error).__name__
        raise RayError(f"The Ray cluster at {address} does not answer ({reason}).") from error
    if answer.status_code in (401, 403):
        raise RayError("The Ray cluster refuses the token: set UNROLLED_RAY_TOKEN to a valid one.")
    if not answer.ok:
        text = " ".join(answer.text.split())[:200]
        raise RayError(f"The Ray cluster refused ({answer.status_code}): {text}.")
    try:
        result = answer.json()
    except ValueError:
        raise RayError(f"{address} is not a Ray cluster: it does not answer in JSON.") from None
    return result if isinstance(result, dict) else {"answer": result}
