"""Many runs on one chart."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dashboard.figures.curves import curve, smooth
from dashboard.figures.layout import LEGEND_ABOVE, Drawing, Spec, axis, figure, literal
from dashboard.figures.traces import line
from dashboard.palette import PALETTE

AXES = {"epoch": "epoch", "step": "step", "time": "time (s)", "examples": "examples seen"}
_FIELD = {"epoch": "epoch", "step": "step", "time": "seconds", "examples": "examples"}
_DASHES = ("solid", "dash", "dot", "dashdot")


def measures(records: Sequence[dict[str, Any]]) -> list[str]:
    """The measures in these records: "loss", "lr", "train accuracy", "held-out loss", …"""
    names: dict[str, None] = {}
    for record in records:
        names |= dict.fromkeys(name for name in ("loss", "lr", "grad_norm") if name in record)
        for part, word in (("train", "train"), ("held_out", "held-out")):
            names |= dict.fromkeys(f"{word} {name}" for name in record.get(part, {}))
    return list(names)


def points(records: Sequence[dict[str, Any]], measure: str, axis: str) -> np.ndarray:
    """(n, 2): x on the axis ("epoch", "step", "time", "examples") and value."""
    part, _, name = measure.rpartition(" ")
    return curve(records, name, part.replace("-", "_"), _FIELD[axis])


def compare_figure(
    curves: dict[str, np.ndarray], measure: str, along: str, smoothing: float, log: bool
) -> Drawing:
    """One line for each run, in its own colour and dash; the raw values are faint."""
    data: list[Spec] = []
    for i, (name, xy) in enumerate(curves.items()):
        color = PALETTE[i % len(PALETTE)]
        dash = _DASHES[i % len(_DASHES)]
        mode = "lines+markers" if len(xy) < 40 else "lines"
        x, y = xy[:, 0], xy[:, 1]
        if smoothing > 0:
            faint: Spec = {"opacity": 0.25, "showlegend": False, "hoverinfo": "skip"}
            data.append(line(x, y, f"{literal(name)} (not smoothed)", color, 1, **faint))
        data.append(line(x, smooth(y, smoothing), literal(name), color, 2.5, dash, mode=mode))
    few = along == "epoch" and all((xy[:, 0] <= 12).all() for xy in curves.values())
    layout = {
        "height": 420,
        "legend": LEGEND_ABOVE,
        "xaxis": axis(AXES[along], **({"dtick": 1} if few else {})),
        "yaxis": axis(literal(measure), **({"type": "log"} if log else {})),
        "showlegend": True,
    }
    return figure(data, layout)
