"""Ask a short calibration how big, heavy and long a training will be on this machine."""

import json
import subprocess
import sys
from typing import Any

from core.runs.launch import PROJECT, environment
from core.runs.process import lower_priority

PATIENCE = 180.0  # seconds


def calibrate(spec: dict[str, Any]) -> dict[str, Any]:
    """{"parameters", "memory": bytes, "seconds", "steps"}; takes some ten seconds, torch included.

    Errors: ValueError with the sentence the calibration ended with.
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
            out, said = process.communicate(json.dumps(spec), timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise ValueError(f"The calibration took more than {PATIENCE:.0f} s.") from None
    if process.returncode:
        lines = said.strip().splitlines()
        raise ValueError(lines[-1] if lines else "The calibration ended without a word.")
    result: dict[str, Any] = json.loads(out)
    return result


def estimated(spec: dict[str, Any]) -> float | None:
    """The seconds that were estimated for the run of this spec.json; None without an estimate."""
    seconds = (spec.get("estimate") or {}).get("seconds")
    return float(seconds) if isinstance(seconds, int | float) else None


def error_of(estimated: float | None, took: float) -> str | None:
    """The estimate against what it took, in words; None without an estimate."""
    if estimated is None or estimated <= 0 or took <= 0:
        return None
    off = estimated / took - 1
    return f"estimated {'too long' if off > 0 else 'too short'} by {abs(off):.0%}"
