"""Forward times of an RNN and a self-attention layer, over T and over units, and their counts."""

from collections.abc import Mapping, Sequence
from math import log10

import numpy as np

from core.linear_rnn.flops import CostRecord, Layer, counts, time_on_units
from dashboard.figures.layout import LEGEND_ABOVE, Drawing, Spec, figure, log_axis, vertical_line
from dashboard.figures.traces import line, scatter
from dashboard.palette import AMBER, BLUE, FIGURE_TEXT, ORANGE

DASHED = {"color": AMBER, "width": 2, "dash": "dash"}
LOOKS: dict[Layer, tuple[str, str]] = {"RNN": (BLUE, "circle"), "attention": (ORANGE, "square")}


def on_units(
    measured: Mapping[Layer, Mapping[int, float]], T: int, d: int, P: int, most: int
) -> Drawing:
    """Milliseconds against the number of units, both logarithmic: Brent's bound as lines up to
    `most` units, the measured times as markers, and P as a vertical line.

    measured: layer -> {threads: seconds}, with 1 among the threads.
    """
    units = np.geomspace(1, most, 57)
    data = []
    for layer, seconds in measured.items():
        colour, symbol = LOOKS[layer]
        count = counts(layer, T, d)
        model = [1e3 * time_on_units(seconds[1], count, units_here) for units_here in units]
        hover = f"{layer} on %{{x:,.0f}} units, model: %{{y:.3g}} ms<extra></extra>"
        dash = "solid" if layer == "RNN" else "dash"
        data.append(line(units, model, f"{layer}, model", colour, 4, dash, hovertemplate=hover))
    for layer, seconds in measured.items():
        colour, symbol = LOOKS[layer]
        marker = {"size": 15, "symbol": symbol, "color": colour}
        data.append(
            scatter(
                list(seconds),
                [1e3 * each for each in seconds.values()],
                f"{layer}, measured",
                marker=marker | {"line": {"width": 2, "color": FIGURE_TEXT}},
                hovertemplate=f"{layer}, %{{x}} threads, measured: %{{y:.3g}} ms<extra></extra>",
            )
        )
    times = np.concatenate([np.asarray(trace["y"]) for trace in data])
    powers = [16**k for k in range(5) if 16**k <= most]
    layout = {
        "xaxis": {
            "title": {"text": "P, parallel units (logarithmic)"},
            "type": "log",
            "tickvals": powers,
            "ticktext": [f"{power:,}" for power in powers],
            "range": [-0.15, log10(most) + 0.15],
        },
        "yaxis": log_axis("ms", log10(times.min()) - 0.3, log10(times.max()) + 0.3, 6),
        "height": 380,
        "legend": LEGEND_ABOVE,
        "shapes": [vertical_line(P, DASHED)],
        "annotations": [_note(P, f"P = {P:,}", 0, before=most == P)],
    }
    return figure(data, layout)


def times(
    curves: Mapping[tuple[str, int, Layer], Sequence[CostRecord]],
    crossings: Mapping[int, float | None],
) -> Drawing:
    """Milliseconds of the fastest pass against T, both logarithmic: (device, threads, layer) ->
    points.

    crossings: threads -> T of a vertical line, None for a line that is not there.
    """
    data = [_times(*which, points) for which, points in curves.items() if points]
    shapes, notes = [], []
    first = min((at for at in crossings.values() if at is not None), default=None)
    for row, (threads, at) in enumerate(crossings.items()):
        if at is not None:
            shapes.append(vertical_line(at, DASHED) | {"yref": "paper"})
            notes.append(_note(at, _threads(threads), row, before=at == first))
    measured = [p for points in curves.values() for p in points]
    low, high = min(p.fastest for p in measured), max(p.fastest for p in measured)
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


def _times(device: str, threads: int, layer: Layer, points: Sequence[CostRecord]) -> Spec:
    colour, symbol = LOOKS[layer]
    several = device != "cpu" or threads > 1
    where = device if device != "cpu" else _threads(threads)
    return line(
        [p.T for p in points],
        [1e3 * p.fastest for p in points],
        f"{layer}, {where}",
        colour,
        3,
        "solid" if not several else "dot" if device == "cpu" else "dash",
        mode="lines+markers",
        marker={"size": 11, "symbol": f"{symbol}-open" if several else symbol},
        hovertemplate=f"{layer}, {where}, T = %{{x}}: %{{y:.3g}} ms<extra></extra>",
    )


def _threads(number: int) -> str:
    return f"{number} thread{'s' if number > 1 else ''}"


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


def _note(at: float, text: str, row: int, before: bool = False) -> Spec:
    """A name at the foot of its line, where rising curves leave room; `before`: left of it."""
    side = {"xanchor": "right", "xshift": -4} if before else {"xanchor": "left", "xshift": 4}
    position = {"x": log10(at), "yref": "paper", "y": 0, "yshift": 14 + 20 * row}
    return position | side | {"text": text, "showarrow": False}
