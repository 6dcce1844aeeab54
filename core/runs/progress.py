"""Progress, speed and remaining time of a run, from its records."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

RECENT = 30  # recorded steps over which the speed is averaged
WARM_UP, RECENT_EPOCHS = 2, 6  # steps, and epochs over which the time left is worked out


@dataclass(frozen=True)
class RunProgress:
    """share: 0 to 1 of all epochs; speed: examples a second; left: seconds; None: unknown."""

    share: float
    epoch: float
    epochs: int
    step: int
    speed: float | None
    left: float | None


def run_progress(records: list[dict[str, Any]], epochs: int) -> RunProgress:
    """From the records of metrics.jsonl; everything is 0 or None before the first."""
    last = next(_backwards(records), None)
    if last is None:
        return RunProgress(0.0, 0.0, epochs, 0, None, None)
    share = min(1.0, last["epoch"] / epochs)
    steps = (r for r in _backwards(records) if r["kind"] == "step" and "examples" in r)
    recent = list(islice(steps, RECENT))
    speed = None
    if len(recent) > 1:
        seconds = recent[0]["seconds"] - recent[-1]["seconds"]
        if seconds > 0:
            speed = (recent[0]["examples"] - recent[-1]["examples"]) / seconds
    is_over = share == 1 and last["kind"] == "epoch"
    left = 0.0 if is_over else _time_left(records, last, epochs)
    return RunProgress(share, last["epoch"], epochs, last["step"], speed, left)


def _time_left(records: list[dict[str, Any]], last: dict[str, Any], epochs: int) -> float | None:
    """Seconds, at the pace of the last epochs, measuring included; None before a step was timed.

    The first WARM_UP steps are slower and do not count; before the first epoch has ended, its
    measuring is not known.
    """
    timed = [r for r in records if "seconds" in r and r["step"] >= WARM_UP]
    ended = [r for r in timed if r["kind"] == "epoch"][-RECENT_EPOCHS:]
    first = ended[0] if len(ended) > 1 else next(iter(timed), last)
    newest = ended[-1] if ended else last
    done = newest["epoch"] - first["epoch"]
    if done <= 0:
        return None
    each: float = (newest["seconds"] - first["seconds"]) / done
    return max(0.0, each * (epochs - float(last["epoch"])))


def _backwards(records: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The records that have a time, newest first."""
    return (record for record in reversed(records) if "seconds" in record)


def in_words(seconds: float | None) -> str:
    """A duration in words: "45 s", "12 min", "3 h 20 min", "unknown"."""
    if seconds is None:
        return "unknown"
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
