"""Forward times of an RNN and a self-attention layer over T, with the counts' crossover beside."""

from collections.abc import Mapping, Sequence
from math import log10

import numpy as np

from core.linear_rnn.flops import CostRecord, Layer, counts
from dashboard.figures.layout import LEGEND_ABOVE, Drawing, Spec, figure, log_axis, vertical_line
from dashboard.figures.traces import error_bars, line
from dashboard.palette import AMBER, BLUE, GREY, ORANGE

DASHED = {"color": AMBER, "width": 2, "dash": "dash"}
MIDDLE = 256  # T, half way along the axis
LOOKS = {"RNN": (BLUE, "circle"), "attention": (ORANGE, "square")}


def times(
    curves: Mapping[tuple[str, str], Sequence[CostRecord]],
    crossings: Mapping[str, float | None],
) -> Drawing:
    """Milliseconds against T, both logarithmic: (device, layer) -> points with their quartiles.

    crossings: name -> T of a vertical line, None for a line that is not there.
    """
    several = len({device for device, _ in curves}) > 1
    data = [_times(device, layer, points, several) for (device, layer), points in curves.items()]
    known = [(name, at) for name, at in crossings.items() if at is not None]
    shapes, notes = [], []
    for name, at in known:
        shapes.append(vertical_line(at, DASHED) | {"yref": "paper"})
        notes.append(_note(at, name))
    measured = [p for points in curves.values() for p in points]
    low, high = min(p.low for p in measured), max(p.high for p in measured)
    layout = _log_axes("forward pass, ms", 1e3 * low, 1e3 * high)
    return figure(data, layout | {"shapes": shapes, "annotations": notes})


def operations(T_values: Sequence[int], d: int) -> Drawing:
    """Multiply-adds of each part against T, both logarithmic, from the formulas."""
    parts: list[tuple[str, Layer, str, str]] = [
        ("RNN: recurrence", "RNN", "mixing", "solid"),
        ("RNN: W<sub>x</sub> x", "RNN", "projections", "dot"),
        ("attention: QKᵀ and AV", "attention", "mixing", "solid"),
        ("attention: Q, K, V", "attention", "projections", "dot"),
        ("attention: softmax", "attention", "softmax", "dash"),
    ]
    data = []
    for name, layer, part, dash in parts:
        amounts = [getattr(counts(layer, T, d), part) for T in T_values]
        hover = f"{name}, T = %{{x}}: %{{y:.3s}}<extra></extra>"
        color = LOOKS[layer][0]
        data.append(line(list(T_values), amounts, name, color, 3, dash, hovertemplate=hover))
    sizes = [n for trace in data for n in trace["y"]]
    return figure(data, _log_axes("multiply-adds", min(sizes), max(sizes)))


def _times(device: str, layer: str, points: Sequence[CostRecord], several: bool) -> Spec:
    colour, symbol = LOOKS[layer]
    gpu = device != "cpu"
    median = np.array([p.median for p in points])
    above, below = ([p.high for p in points] - median, median - [p.low for p in points])
    return line(
        [p.T for p in points],
        (1e3 * median).tolist(),
        f"{layer} on {device}" if several else layer,
        colour,
        3,
        "dash" if gpu else "solid",
        mode="lines+markers",
        marker={"size": 11, "symbol": f"{symbol}-open" if gpu else symbol},
        error_y=error_bars((1e3 * above).tolist(), (1e3 * below).tolist(), GREY, 2),
        hovertemplate=f"{layer} on {device}, T = %{{x}}: %{{y:.3g}} ms<extra></extra>",
    )


def _log_axes(y: str, low: float, high: float) -> Spec:
    powers_of_two = [16, 64, 256, 1024, 4096]
    return {
        "xaxis": {
            "title": {"text": "T, tokens (logarithmic)"},
            "type": "log",
            "tickvals": powers_of_two,
            "ticktext": [str(T) for T in powers_of_two],
            "range": [log10(13), log10(5200)],
        },
        "yaxis": log_axis(y, log10(low) - 0.2, log10(high) + 0.3),
        "height": 470,
        "legend": LEGEND_ABOVE,
    }


def _note(at: float, text: str) -> Spec:
    """A name beside its line, where rising curves leave room: early on top, late at the foot."""
    y, shift = (1, -14) if at < MIDDLE else (0, 14)
    place = {"x": log10(at), "yref": "paper", "y": y, "yshift": shift, "xshift": 4}
    return place | {"text": text, "showarrow": False, "xanchor": "left"}
