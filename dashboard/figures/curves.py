"""The curves of one run while it trains."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dashboard.figures.layout import LEGEND_ABOVE, Drawing, Spec, axis, figure, literal
from dashboard.figures.traces import line
from dashboard.palette import PALETTE

MOST_POINTS = 1500


def curve(
    records: Sequence[dict[str, Any]], measure: str, part: str = "", along: str = "epoch"
) -> np.ndarray:
    """(n, 2): x, which is the field `along`, and the measure.

    part: "" for the records of steps, "train" or "held_out" for those of epochs.
    """
    points = []
    for record in records:
        if record["kind"] == ("epoch" if part else "step"):
            x, y = record.get(along), (record[part] if part else record).get(measure)
            if x is not None and y is not None:
                points.append((x, y))
    return thin(np.asarray(points, dtype=float).reshape(-1, 2))


def thin(points: np.ndarray) -> np.ndarray:
    """At most MOST_POINTS points, each the mean of neighbours."""
    if len(points) <= MOST_POINTS:
        return points
    parts = np.array_split(points, MOST_POINTS)
    return np.stack([part.mean(0) for part in parts])


def smooth(values: np.ndarray, amount: float) -> np.ndarray:
    """Exponential moving average, corrected for its start; amount from 0 (none) to below 1.

    s_t = a s_{t-1} + (1-a) x_t, shown as s_t / (1 - a^t): the Adam paper's correction
    (Kingma & Ba 2015, section 3).
    """
    if amount <= 0 or len(values) == 0:
        return values
    out, state = np.empty_like(values, dtype=float), 0.0
    for i, value in enumerate(values):
        state = amount * state + (1 - amount) * value
        out[i] = state / (1 - amount ** (i + 1))
    return out


def smoothing_for(points: int) -> float:
    """The smoothing for a curve of so many points: an average over about a thirtieth of it."""
    return max(0.0, min(0.97, 1 - 30 / max(1, points)))


def steps_figure(
    curves: dict[str, np.ndarray], measure: str, epochs: int, log: bool = False
) -> Drawing:
    """Named curves (n, 2) over the epochs, such as the gradient's norm in each layer."""
    data = []
    dashes = ("solid", "dot", "dash", "dashdot", "longdash")
    for i, (name, points) in enumerate(curves.items()):
        color, dash = PALETTE[i % len(PALETTE)], dashes[i // len(PALETTE) % len(dashes)]
        data.append(line(points[:, 0], points[:, 1], literal(name), color, 2, dash))
    return _over_epochs(data, measure, epochs, **({"type": "log", "nticks": 6} if log else {}))


def rate_figure(records: Sequence[dict[str, Any]], epochs: int) -> Drawing:
    """The learning rate of each step."""
    return steps_figure({"learning rate": curve(records, "lr")}, "rate", epochs)


def norms_figure(records: Sequence[dict[str, Any]], epochs: int) -> Drawing | None:
    """The gradient's norm in each layer, logarithmic; None before the first."""
    labels = {"input": "embedding", "head": "output layer"}  # keys as in a run's file
    norms = {labels.get(name, name): points for name, points in layer_curves(records).items()}
    return steps_figure(norms, "norm", epochs, log=True) if norms else None


def layer_curves(records: Sequence[dict[str, Any]]) -> dict[str, np.ndarray]:
    """The norm of the gradient in each layer over the epochs, lightly smoothed."""
    points_of: dict[str, list[tuple[float, float]]] = {}
    for record in records:
        for name, value in record.get("layer_norms", {}).items():
            if value > 0:
                points_of.setdefault(name, []).append((record["epoch"], value))
    curves = {name: thin(np.asarray(points, dtype=float)) for name, points in points_of.items()}
    for points in curves.values():
        points[:, 1] = smooth(points[:, 1], smoothing_for(len(points)))
    return curves


def loss_figure(records: Sequence[dict[str, Any]], epochs: int) -> Drawing:
    """The loss of each batch, its moving average, and the held-out loss after every epoch."""
    data: list[Spec] = []
    steps, held = curve(records, "loss"), curve(records, "loss", "held_out")
    if len(steps):
        x, y = steps[:, 0], steps[:, 1]
        data.append(line(x, y, "each batch", PALETTE[0], 1, opacity=0.35))
        mean = smooth(y, smoothing_for(len(steps)))
        data.append(line(x, mean, "training, smoothed", PALETTE[0], 3))
    if len(held):
        data.append(_held_out(held))
    return _over_epochs(data, "loss (nats)", epochs)


def measure_beside_loss(records: Sequence[dict[str, Any]]) -> str | None:
    """The other measure of an epoch: "accuracy" or "perplexity"; None before the first epoch."""
    for record in reversed(records):
        if record["kind"] == "epoch":
            return next((name for name in record["train"] if name != "loss"), None)
    return None


def measure_figure(records: Sequence[dict[str, Any]], measure: str, epochs: int) -> Drawing:
    """Accuracy or perplexity after every epoch, on training and held-out data."""
    seen, held = curve(records, measure, "train"), curve(records, measure, "held_out")
    training = line(seen[:, 0], seen[:, 1], "training", PALETTE[0], 3, mode="lines+markers")
    more = {"tickformat": ".0%"} if measure == "accuracy" else {}
    return _over_epochs([training, _held_out(held)], measure, epochs, **more)


def _held_out(held: np.ndarray) -> Spec:
    marks = {"mode": "lines+markers", "marker": {"size": 9, "symbol": "diamond"}}
    return line(held[:, 0], held[:, 1], "held out", PALETTE[1], 3, "dot", **marks)


def _over_epochs(data: list[Spec], measure: str, epochs: int, **yaxis: object) -> Drawing:
    layout = {
        "height": 320,
        "legend": LEGEND_ABOVE,
        "uirevision": "keep",
        "xaxis": axis("epoch", range=[0, epochs]),
        "yaxis": axis(literal(measure), **yaxis),
    }
    return figure(data, layout)
