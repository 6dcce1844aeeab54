"""Starts the short trial that forecasts a training, and reads its answer."""

import json
import subprocess
import sys
from typing import Any

from core.runs.launch import PROJECT, environment
from core.system.processes import lower_priority

TIMEOUT = 180.0  # seconds


def estimate_time(spec: dict[str, Any]) -> dict[str, Any]:
    """{"parameters", "memory": bytes, "seconds", "steps"}; takes about ten seconds.

    Errors: ValueError with the trial's error, or when it takes more than TIMEOUT.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "core.training.timing_trial"],
        cwd=PROJECT,
        env=environment(int(spec.get("threads") or 0), None),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        lower_priority(process.pid)
        try:
            output, errors = process.communicate(json.dumps(spec), timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            raise ValueError(f"The estimate was stopped after {TIMEOUT:.0f} s.") from None
    if process.returncode:
        lines = errors.strip().splitlines()
        raise ValueError(lines[-1] if lines else "The estimate failed without an error message.")
    result: dict[str, Any] = json.loads(output)
    return result


def estimated_seconds(spec: dict[str, Any]) -> float | None:
    """The estimated seconds in a spec.json; None without an estimate."""
    seconds = (spec.get("estimate") or {}).get("seconds")
    return float(seconds) if isinstance(seconds, int | float) else None


def estimate_error(estimate: float | None, seconds: float) -> str | None:
    """How far the estimate was off, in words; None without an estimate."""
    if estimate is None or estimate <= 0 or seconds <= 0:
        return None
    ratio = estimate / seconds
    return f"estimated {'too long' if ratio > 1 else 'too short'} by {abs(ratio - 1):.0%}"
