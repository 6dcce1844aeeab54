"""Forward times of an RNN and a self-attention layer over T, with the counts' crossover beside."""

from collections.abc import Mapping, Sequence
from math import log10
from typing import Any

from core.linear_rnn.flops import CostRecord, counts
from dashboard.figures.layout import LEGEND_ABOVE, Drawing, decades, quick
from dashboard.palette import AMBER, BLUE, GREY, ORANGE

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
        line = {"color": AMBER, "width": 2, "dash": "dash"}
        shapes.append(
            {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1, "line": line}
        )
        notes.append(_note(at, name))
    measured = [p for points in curves.values() for p in points]
    low, high = min(p.low for p in measured), max(p.high for p in measured)
    layout = _log_axes("forward pass, ms", 1e3 * low, 1e3 * high)
    return quick(data, layout | {"shapes": shapes, "annotations": notes})


def operations(T_values: Sequence[int], d: int) -> Drawing:
    """Multiply-adds of each part against T, both logarithmic, from the formulas."""
    parts = [
        ("RNN: recurrence", "RNN", "mixing", "solid"),
        ("RNN: W<sub>x</sub> x", "RNN", "projections", "dot"),
        ("attention: QKᵀ and AV", "attention", "mixing", "solid"),
        ("attention: Q, K, V", "attention", "projections", "dot"),
        ("attention: softmax", "attention", "softmax", "dash"),
    ]
    data = []
    for name, layer, part, dash in parts:
        data.append(
            {
                "type": "scatter",
                "x": list(T_values),
                "y": [getattr(counts(layer, T, d), part) for T in T_values],
                "mode": "lines",
                "name": name,
                "line": {"color": LOOKS[layer][0], "width": 3, "dash": dash},
                "hovertemplate": f"{name}, T = %{{x}}: %{{y:.3s}}<extra></extra>",
            }
        )
    sizes = [n for trace in data for n in trace["y"]]
    return quick(data, _log_axes("multiply-adds", min(sizes), max(sizes)))


def _times(device: str, layer: str, points: Sequence[CostRecord], several: bool) -> dict[str, Any]:
    colour, symbol = LOOKS[layer]
    gpu = device != "cpu"
    return {
        "type": "scatter",
        "x": [p.T for p in points],
        "y": [1e3 * p.median for p in points],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [1e3 * (p.high - p.median) for p in points],
            "arrayminus": [1e3 * (p.median - p.low) for p in points],
            "color": GREY,
            "thickness": 2,
        },
        "mode": "lines+markers",
        "name": f"{layer} on {device}" if several else layer,
        "line": {"color": colour, "width": 3, "dash": "dash" if gpu else "solid"},
        "marker": {"size": 11, "symbol": f"{symbol}-open" if gpu else symbol},
        "hovertemplate": f"{layer} on {device}, T = %{{x}}: %{{y:.3g}} ms<extra></extra>",
    }


def _log_axes(y: str, low: float, high: float) -> dict[str, Any]:
    powers_of_two = [16, 64, 256, 1024, 4096]
    return {
        "xaxis": {
            "title": {"text": "T, tokens (logarithmic)"},
            "type": "log",
            "tickvals": powers_of_two,
            "ticktext": [str(T) for T in powers_of_two],
            "range": [log10(13), log10(5200)],
        },
        "yaxis": decades(y, log10(low) - 0.2, log10(high) + 0.3),
        "height": 470,
        "legend": LEGEND_ABOVE,
    }


def _note(at: float, text: str) -> dict[str, Any]:
    """A name beside its line, where rising curves leave room: early on top, late at the foot."""
    y, shift = (1, -14) if at < MIDDLE else (0, 14)
    place = {"x": log10(at), "yref": "paper", "y": y, "yshift": shift, "xshift": 4}
    return place | {"text": text, "showarrow": False, "xanchor": "left"}
