"""Many runs on one chart."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dashboard.figures.curves import smooth, thin
from dashboard.figures.layout import LEGEND_ABOVE, Drawing, axis, literal, quick
from dashboard.palette import PALETTE

AXES = {"epoch": "epoch", "step": "step", "time": "time (s)", "examples": "examples seen"}
_FIELD = {"epoch": "epoch", "step": "step", "time": "seconds", "examples": "examples"}
_DASHES = ("solid", "dash", "dot", "dashdot")


def measures(records: Sequence[dict[str, Any]]) -> list[str]:
    """What can be drawn of these records: "loss", "lr", "train accuracy", "held-out loss", …"""
    found: dict[str, None] = {}
    for record in records:
        found |= dict.fromkeys(name for name in ("loss", "lr", "grad_norm") if name in record)
        for part, word in (("train", "train"), ("held_out", "held-out")):
            found |= dict.fromkeys(f"{word} {name}" for name in record.get(part, {}))
    return list(found)


def points(records: Sequence[dict[str, Any]], measure: str, axis: str) -> np.ndarray:
    """(n, 2): place on the axis ("epoch", "step", "time", "examples") and value."""
    word, _, name = measure.rpartition(" ")
    part = {"train": "train", "held-out": "held_out"}.get(word)
    found = []
    for record in records:
        if record["kind"] == ("epoch" if part else "step"):
            x, y = record.get(_FIELD[axis]), (record[part] if part else record).get(name)
            if x is not None and y is not None:
                found.append((x, y))
    return thin(np.asarray(found, dtype=float).reshape(-1, 2))


def compare_figure(
    curves: dict[str, np.ndarray], measure: str, along: str, smoothing: float, log: bool
) -> Drawing:
    """One line a run, told apart by colour and by dashes; behind a smoothed one its own values."""
    data: list[dict[str, Any]] = []
    for i, (name, xy) in enumerate(curves.items()):
        color = PALETTE[i % len(PALETTE)]
        dash = _DASHES[i // len(PALETTE) % len(_DASHES)]
        mode = "lines+markers" if len(xy) < 40 else "lines"
        line = {"color": color, "width": 2.5, "dash": dash}
        if smoothing > 0:
            behind = {"color": color, "width": 1}
            data.append({
                "type": "scatter", "x": xy[:, 0], "y": xy[:, 1], "mode": "lines", "line": behind,
                "opacity": 0.25, "showlegend": False, "hoverinfo": "skip",
                "name": f"{literal(name)} (as it was)",
            })  # fmt: skip
        y = smooth(xy[:, 1], smoothing)
        data.append(
            {
                "type": "scatter",
                "x": xy[:, 0],
                "y": y,
                "name": literal(name),
                "mode": mode,
                "line": line,
            }
        )
    layout = {
        "height": 420,
        "legend": LEGEND_ABOVE,
        "xaxis": axis(AXES[along]),
        "yaxis": axis(literal(measure), **({"type": "log"} if log else {})),
        "showlegend": True,
    }
    return quick(data, layout)
