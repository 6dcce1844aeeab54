"""Figures that ask a map whether it is true, and models how they bear a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.style import BLUE, GREY, ORANGE, PALETTE

if TYPE_CHECKING:
    from core.faithful import Curve

MARKS = ["circle", "square", "diamond", "cross", "triangle-up", "x"]


def curves(down: Curve, up: Curve, chance_down: Curve, chance_up: Curve) -> go.Figure:
    """Deletion on the left, insertion on the right, each beside random order."""
    fig = make_subplots(1, 2, subplot_titles=["patches go", "patches come"], shared_yaxes=True)
    for column, (curve, chance) in enumerate(((down, chance_down), (up, chance_up)), 1):
        for name, line, colour, dash in (
            ("by the map", curve, BLUE, "solid"),
            ("random order", chance, GREY, "dash"),
        ):
            fig.add_scatter(
                x=line.share.numpy(), y=line.probability.numpy(), name=name, row=1, col=column,
                mode="lines+markers" if dash == "solid" else "lines", showlegend=column == 1,
                line={"color": colour, "dash": dash, "width": 3},
            )  # fmt: skip
        fig.update_xaxes(title="share of patches", range=[0, 1], row=1, col=column)
    fig.update_yaxes(title="probability", range=[0, 1.02], row=1, col=1)
    fig.update_layout(height=380, legend={"orientation": "h", "y": -0.3})
    return fig


def size_scatter(size: np.ndarray, spread: np.ndarray, r: float) -> go.Figure:
    """Entropy against object size, a point a picture, with the straight line that fits best."""
    fig = go.Figure(
        go.Scatter(
            x=size, y=spread, mode="markers", name="pictures",
            marker={"color": BLUE, "size": 6, "opacity": 0.6},
        )
    )  # fmt: skip
    if np.ptp(size) > 0:
        slope, start = np.polyfit(size, spread, 1)
        ends = np.array([size.min(), size.max()])
        fig.add_scatter(
            x=ends, y=start + slope * ends, mode="lines", name=f"line of best fit, r = {r:+.2f}",
            line={"color": ORANGE, "width": 3},
        )  # fmt: skip
    fig.update_xaxes(title="share of the picture that is object")
    fig.update_yaxes(title="entropy of the attention, nats")
    fig.update_layout(height=420, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"})
    return fig


def lines(
    series: Mapping[str, tuple[Sequence[float], Sequence[float]]], x: str, y: str, log: bool = False
) -> go.Figure:
    """Named lines of points (x values, y values), each with a mark of its own."""
    fig = go.Figure()
    for i, (name, (xs, ys)) in enumerate(series.items()):
        fig.add_scatter(
            x=list(xs), y=list(ys), name=name, mode="lines+markers",
            line={"color": PALETTE[i % len(PALETTE)], "width": 3, "dash": ["solid", "dash"][i % 2]},
            marker={"symbol": MARKS[i % len(MARKS)], "size": 10},
        )  # fmt: skip
    fig.update_xaxes(title=x, type="log" if log else "linear")
    fig.update_yaxes(title=y, tickformat=".0%")
    fig.update_layout(height=420, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"})
    return fig
