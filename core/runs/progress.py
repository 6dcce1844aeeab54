"""How far a run is, how fast it goes and how long it will take: all from its records."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Progress:
    """share: 0 to 1 of all epochs; speed: examples a second lately; left: seconds, None unknown."""

    share: float
    epoch: float
    epochs: int
    step: int
    speed: float | None
    left: float | None


def progress(records: list[dict[str, Any]], epochs: int) -> Progress:
    """From the records of metrics.jsonl; everything is 0 or None before the first."""
    usable = [r for r in records if _number(r.get("epoch")) and _number(r.get("seconds"))]
    if not usable:
        return Progress(0.0, 0.0, epochs, 0, None, None)
    last = usable[-1]
    share = min(1.0, last["epoch"] / epochs)
    steps = [r for r in usable if r.get("kind") == "step" and _number(r.get("examples"))]
    speed = None
    if len(steps) > 1:
        recent = steps[-30:]
        seconds = recent[-1]["seconds"] - recent[0]["seconds"]
        if seconds > 0:
            speed = (recent[-1]["examples"] - recent[0]["examples"]) / seconds
    left = last["seconds"] * (1 - share) / share if share > 0 else None
    return Progress(share, last["epoch"], epochs, int(last.get("step", 0)), speed, left)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def in_words(seconds: float | None) -> str:
    """A duration a person reads at a glance: "45 s", "12 min", "3 h 20 min"."""
    if seconds is None:
        return "unknown"
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
