"""What is left of x_1: powers, norms and gradients on one logarithmic axis, and every share."""

import numpy as np

from core.linear_rnn.decay import NORM_STEPS, Decay
from dashboard.figures.layout import (
    LEGEND_BELOW,
    Drawing,
    Spec,
    axis,
    figure,
    log_axis,
    vertical_line,
)
from dashboard.figures.traces import heat, line, scatter
from dashboard.palette import AMBER, BLUE, GREEN, GREY, ORANGE

LOWEST, HIGHEST = -300.0, 300.0  # exponents of 10 a double can still hold
ROOM_FOR_NAMES = 0.86  # the curves end here, as a share of the height; the marks' names are above
FAINTEST = -4.0  # shares under 10^-4 all get the darkest colour


def decay_curves(
    decay: Decay, longest: int, gradient: tuple[np.ndarray, np.ndarray] | None = None
) -> Drawing:
    """Modes, ‖W^(T-1)‖, ‖W^(T-1) W_x x_1‖, and the gradient (T values, norms) if it was asked for.

    T runs from 1 to `longest`; the marks of `decay` inside that range are dashed lines.
    """
    T = np.arange(1, longest + 1)
    shown = int(np.searchsorted(NORM_STEPS, longest)) + 1  # the line reaches the right edge
    norm = "‖W<sub>h</sub><sup>T−1</sup>‖₂"
    contribution = "‖W<sub>h</sub><sup>T−1</sup> W<sub>x</sub> x₁‖"
    data = [
        _modes(decay, longest),
        _curve(NORM_STEPS[:shown], decay.norm[:shown], norm, ORANGE, 4, "solid"),
        _curve(T, decay.input[:longest], contribution, BLUE, 3, "dash"),
    ]
    if gradient is not None:
        data.append(_gradient(*gradient, longest))
    low, high = _range(decay.norm[:shown])
    marks = [(at, name) for at, name in _marks(decay) if at is not None and at <= longest]
    layout = {
        "xaxis": axis("T, steps", range=[1, longest]),
        "yaxis": log_axis("size", low, high) | {"domain": [0, ROOM_FOR_NAMES]},
        "shapes": [_vertical(at) for at, _ in marks],
        "annotations": [_note(at, name, row) for row, (at, name) in enumerate(marks)],
        "height": 460,
        "legend": LEGEND_BELOW,
    }
    return figure(data, layout)


def share_map(at: np.ndarray, log_share: np.ndarray) -> Drawing:
    """The share of x_i in h_T: log10 shares [i, T] at the positions `at`, NaN for i > T."""
    names = {
        "tickvals": [0, -1, -2, -3, FAINTEST],
        "ticktext": ["100%", "10%", "1%", "0.1%", "≤ 0.01%"],
    }
    cells = heat(
        np.maximum(log_share, FAINTEST).astype(np.float32),
        "share",
        0,
        zmin=FAINTEST,
        x=at,
        y=at,
        customdata=(100 * 10**log_share).astype(np.float32),
        hovertemplate="x<sub>%{y}</sub> in h<sub>%{x}</sub>: %{customdata:.3g}%<extra></extra>",
        colorbar=axis("share", **names),
    )
    layout = {
        "xaxis": axis("T, step of the state h<sub>T</sub>"),
        "yaxis": axis("i, step of the input x<sub>i</sub>", autorange="reversed"),
        "height": 520,
    }
    return figure([cells], layout)


def _marks(decay: Decay) -> list[tuple[float | None, str]]:
    marks = decay.marks
    return [
        (marks.half_life + 1 if marks.half_life else None, "half-life"),
        (marks.lost_in_float32, "float32"),
        (marks.overflow_float32, "overflow"),
    ]


def _vertical(at: float) -> Spec:
    dashed = {"color": AMBER, "width": 2, "dash": "dash"}
    return vertical_line(at, dashed) | {"yref": "paper", "y1": ROOM_FOR_NAMES + 0.02}


def _note(at: float, text: str, row: int) -> Spec:
    """A name above its line; names of lines close together are in different rows."""
    position = {"x": at, "yref": "paper", "y": ROOM_FOR_NAMES, "yshift": 2 + 18 * (row % 3)}
    return position | {"text": text, "showarrow": False, "yanchor": "bottom", "xanchor": "left"}


def _modes(decay: Decay, longest: int) -> Spec:
    """|λ|^(T-1) is a straight line on this axis: two points a mode, all modes in one trace."""
    slope = np.unique(np.round(decay.modes, 12))
    slope = slope[np.isfinite(slope)]
    with np.errstate(divide="ignore"):
        reach = np.abs(np.where(slope < 0, LOWEST, HIGHEST) / slope)
    last = np.minimum(longest, 1 + reach)
    gap = np.full_like(slope, np.nan)
    x = np.stack([np.ones_like(slope), last, gap], axis=1).ravel()
    y = np.stack([np.ones_like(slope), 10 ** (slope * (last - 1)), gap], axis=1).ravel()
    return line(x, y, "|λ<sub>i</sub>|<sup>T−1</sup>, every mode", GREY, 1.5, hoverinfo="skip")


def _curve(
    T: np.ndarray, log_values: np.ndarray, name: str, colour: str, width: int, dash: str
) -> Spec:
    y = 10.0 ** np.where(np.abs(log_values) <= HIGHEST, log_values, np.nan)
    hover = "T = %{x}: %{y:.3g}<extra></extra>"
    return line(T, y, name, colour, width, dash, hovertemplate=hover)


def _gradient(T: np.ndarray, norms: np.ndarray, longest: int) -> Spec:
    inside = (norms > 0) & (longest >= T)
    return scatter(
        T[inside],
        norms[inside],
        "‖∂h<sub>T</sub>/∂x₁‖₂, autograd",
        marker={"size": 13, "color": GREEN, "symbol": "circle-open", "line": {"width": 3}},
        hovertemplate="T = %{x}: %{y:.6g}<extra></extra>",
    )


def _range(log_norm: np.ndarray) -> tuple[float, float]:
    finite = log_norm[np.isfinite(log_norm)]
    low, high = float(finite.min()), float(finite.max())
    return max(min(low, -2.0), -45.0) - 0.3, min(max(high, 0.5), 60.0) + 0.5
