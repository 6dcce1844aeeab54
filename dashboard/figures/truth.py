"""Figures that ask a map whether it is true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.style import BLUE, GREY, ORANGE

if TYPE_CHECKING:
    from core.faithful import Curve


def curves(down: Curve, up: Curve, chance_down: Curve, chance_up: Curve) -> go.Figure:
    """Deletion on the left, insertion on the right, each beside random order."""
    fig = make_subplots(1, 2, subplot_titles=["deletion: patches go", "insertion: patches come"],
                        shared_yaxes=True, horizontal_spacing=0.14)  # fmt: skip
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
        fig.update_xaxes(
            title="share of patches", range=[0, 1], tickformat=".0%", row=1, col=column
        )
    fig.update_yaxes(title="probability", range=[0, 1.02], row=1, col=1)
    fig.update_layout(height=380, legend={"orientation": "h", "y": 1.12, "yanchor": "bottom"})
    return fig


def size_scatter(
    size: np.ndarray, spread: np.ndarray, r: float, random: np.ndarray, patches: int
) -> go.Figure:
    """Entropy against object size, a point a picture, with the straight line that fits best.

    random: the entropies with random weights, for the same pictures.
    """
    fig = go.Figure()
    for name, values, colour, symbol in (
        ("random weights", random, GREY, "x-thin-open"),
        ("this model", spread, BLUE, "circle"),
    ):
        fig.add_scatter(
            x=size, y=values, mode="markers", name=name,
            marker={"color": colour, "symbol": symbol, "size": 7, "opacity": 0.6},
            hovertemplate="%{x:.1%} object: %{y:.2f} nats",
        )  # fmt: skip
    if np.ptp(size) > 0:
        slope, start = np.polyfit(size, spread, 1)
        ends = np.array([size.min(), size.max()])
        fig.add_scatter(
            x=ends, y=start + slope * ends, mode="lines", name=f"line of best fit, r = {r:+.2f}",
            line={"color": ORANGE, "width": 4},
        )  # fmt: skip
    even = float(np.log(patches))
    fig.add_hline(y=even, line={"dash": "dot", "width": 2})
    fig.update_xaxes(title="share of the picture that is object", tickformat=".0%")
    fig.update_yaxes(title="entropy of the attention, nats", range=[0, 1.08 * even])
    fig.update_layout(height=440, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"})
    return fig
