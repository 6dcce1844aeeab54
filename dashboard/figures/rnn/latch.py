"""What the exponential does to learning: accuracy while training, gradients by step, by delay."""

from collections.abc import Mapping, Sequence

import numpy as np

from core.linear_rnn.latch_sweep import SweepPoint, SweepReport
from dashboard.figures.layout import LEGEND_ABOVE, Drawing, Spec, axis, figure, log_axis
from dashboard.figures.traces import error_bars, line, scatter
from dashboard.palette import AMBER, BLUE, GREEN, GREY, ORANGE, PURPLE

# Colour and dash: a layer is known by either.
LOOKS = {
    "linear RNN": (BLUE, "solid", "circle"),
    "tanh RNN": (ORANGE, "dash", "square"),
    "LSTM": (GREEN, "dashdot", "diamond"),
    "GRU": (PURPLE, "dot", "triangle-up"),
    "Transformer": (AMBER, "solid", "star"),
}
CHANCE = 1 / 8


def learning_curves(
    curves: Mapping[str, tuple[Sequence[int], Sequence[float]]], steps: int
) -> Drawing:
    """Accuracy on fresh sequences against training steps: layer -> (steps, accuracies)."""
    data = [_chance(steps), *(_curve(layer, *curve) for layer, curve in curves.items())]
    layout = _accuracy_axis("training steps") | {"height": 430}
    layout["xaxis"]["range"] = [0, steps * 1.02]
    return figure(data, layout)


def gradients_by_step(gradients: Mapping[str, tuple[np.ndarray, np.ndarray | None]]) -> Drawing:
    """‖∂h_T/∂x_t‖ against t: layer -> (at initialisation, after training or None), each (T,).

    Thin lines are initialisation, thick lines with markers after training.
    """
    data = []
    every = np.concatenate([v for pair in gradients.values() for v in pair if v is not None])
    log = np.log10(every[every > 0])
    low, high = (float(log.min()), float(log.max())) if len(log) else (-1.0, 1.0)
    for layer, (before, after) in gradients.items():
        data.append(_norms(layer, before, "before", 1.5))
        if after is not None:
            data.append(_norms(layer, after, "after", 4))
    layout = {
        "xaxis": axis("t, step of the input x<sub>t</sub>"),
        "yaxis": log_axis("‖∂h<sub>T</sub>/∂x<sub>t</sub>‖", max(low, -30.0) - 0.5, high + 0.5),
        "height": 480,
        "legend": LEGEND_ABOVE,
    }
    return figure(data, layout)


def accuracy_by_delay(sweep: SweepReport, own: Sequence[tuple[str, int, float]] = ()) -> Drawing:
    """Median accuracy against delay with the range of the seeds; `own`: (layer, delay, accuracy)
    of trainings made just now, as large open markers."""
    data = [_chance(max(p.delay for p in sweep.points))]
    for layer, look in LOOKS.items():
        data.append(_with_range(sweep.curve(layer), look, layer))
        if opened := sweep.curve(layer, 1.0):
            look = look[0], "solid", f"{look[2]}-open"
            data.append(_with_range(opened, look, f"{layer}, forget bias 1"))
    for layer, delay, accuracy in own:
        colour, _, symbol = LOOKS[layer]
        mark = {"size": 18, "symbol": f"{symbol}-open", "color": colour, "line": {"width": 4}}
        data.append(
            scatter(
                [delay],
                [accuracy],
                f"{layer}, yours",
                marker=mark,
                showlegend=False,
                hovertemplate=f"{layer}, trained here, delay %{{x}}: %{{y:.0%}}<extra></extra>",
            )
        )
    return figure(data, _accuracy_axis("delay in steps") | {"height": 480})


def _with_range(points: Sequence[SweepPoint], look: tuple[str, str, str], name: str) -> Spec:
    """The medians of one curve, with the range of the seeds."""
    colour, dash, symbol = look
    median = np.array([p.median for p in points])
    above = np.array([max(p.accuracies) for p in points]) - median
    below = median - np.array([min(p.accuracies) for p in points])
    return line(
        [p.delay for p in points],
        median,
        name,
        colour,
        3,
        dash,
        mode="lines+markers",
        marker={
            "size": 11,
            "symbol": symbol,
            "color": colour,
            "line": {"width": 2, "color": colour},
        },
        error_y=error_bars(above, below, colour),
        hovertemplate=f"{name}, delay %{{x}}: %{{y:.0%}}<extra></extra>",
    )


def _curve(layer: str, steps: Sequence[int], accuracies: Sequence[float]) -> Spec:
    colour, dash, symbol = LOOKS[layer]
    marks = {"mode": "lines+markers", "marker": {"size": 8, "symbol": symbol}}
    hover = f"{layer}, step %{{x}}: %{{y:.0%}}<extra></extra>"
    x, y = list(steps), list(accuracies)
    return line(x, y, layer, colour, 3, dash, hovertemplate=hover, **marks)


def _norms(layer: str, norms: np.ndarray, when: str, width: float) -> Spec:
    colour, dash, _ = LOOKS[layer]
    t, y = np.arange(1, len(norms) + 1), np.where(norms > 0, norms, np.nan)
    hover = f"{layer} {when} training, t = %{{x}}: %{{y:.2e}}<extra></extra>"
    return line(t, y, f"{layer}, {when}", colour, width, dash, hovertemplate=hover)


def _chance(longest: float) -> Spec:
    return line([0, longest], [CHANCE, CHANCE], "guessing", GREY, 2, "dot", hoverinfo="skip")


def _accuracy_axis(x: str) -> Spec:
    return {
        "xaxis": axis(x),
        "yaxis": axis("accuracy", range=[0, 1.05], tickformat=".0%"),
        "legend": LEGEND_ABOVE,
    }
