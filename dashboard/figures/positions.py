"""The figures of the positions page."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.layout import LEGEND_BELOW
from dashboard.style import BLUE, DIVERGING, GREEN, GREY, ORANGE, PURPLE


def table_map(table: np.ndarray, row: int) -> go.Figure:
    """A position table (T, d) as a picture, one row marked."""
    top = float(np.abs(table).max()) or 1.0
    fig = go.Figure(
        go.Heatmap(
            z=table.astype(np.float32), zmin=-top, zmax=top, colorscale=DIVERGING, showscale=True,
            colorbar={"title": {"text": "value"}},
            hovertemplate="position %{y}, column %{x}: %{z:.3f}<extra></extra>",
        )
    )  # fmt: skip
    fig.add_hline(y=row, line={"color": ORANGE, "width": 3})
    fig.update_xaxes(title="column of the code")
    fig.update_yaxes(title="position", autorange="reversed")
    fig.update_layout(height=460)
    return fig


def similarity_curves(curves: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> go.Figure:
    """Mean cosine by distance with one standard deviation around it: name -> (mean, deviation)."""
    fig = go.Figure()
    for (name, (mean, spread)), (colour, dash) in zip(
        curves.items(), ((BLUE, "solid"), (ORANGE, "dash"), (GREEN, "dot")), strict=False
    ):
        k = np.arange(len(mean))
        fig.add_scatter(
            x=np.concatenate([k, k[::-1]]),
            y=np.concatenate([mean + spread, (mean - spread)[::-1]]),
            fill="toself", line={"width": 0}, fillcolor=_faint(colour), hoverinfo="skip",
            showlegend=False,
        )  # fmt: skip
        fig.add_scatter(
            name=name, x=k, y=mean, mode="lines", line={"color": colour, "dash": dash, "width": 3}
        )
    fig.update_xaxes(title="distance in tokens")
    fig.update_yaxes(title="cosine of two positions")
    fig.update_layout(height=400, legend=LEGEND_BELOW)
    return fig


def one_frequency(sine: np.ndarray, cosine: np.ndarray, place: int) -> go.Figure:
    """One pair of columns along the positions, and where position `place` stands."""
    t = np.arange(len(sine))
    fig = go.Figure()
    fig.add_scatter(name="sine", x=t, y=sine, mode="lines", line_color=BLUE)
    fig.add_scatter(
        name="cosine", x=t, y=cosine, mode="lines", line={"color": GREEN, "dash": "dash"}
    )
    fig.add_scatter(
        name=f"position {place}", x=[place, place], y=[sine[place], cosine[place]],
        mode="markers", marker={"color": ORANGE, "size": 13, "symbol": "diamond"},
    )  # fmt: skip
    fig.update_xaxes(title="position")
    fig.update_yaxes(title="value", range=[-1.1, 1.1])
    fig.update_layout(height=340, legend=LEGEND_BELOW)
    return fig


def clock(sine: float, cosine: float) -> go.Figure:
    """The pair as a hand on a clock: the angle is the frequency times the position."""
    turn = np.linspace(0, 2 * np.pi, 90)
    fig = go.Figure()
    fig.add_scatter(x=np.sin(turn), y=np.cos(turn), mode="lines", line_color=GREY, hoverinfo="skip")
    fig.add_scatter(
        x=[0, sine], y=[0, cosine], mode="lines+markers", line={"color": ORANGE, "width": 4},
        marker={"size": [1, 14]}, hoverinfo="skip",
    )  # fmt: skip
    axis = {"range": [-1.15, 1.15], "showticklabels": False, "showgrid": False, "zeroline": False}
    fig.update_xaxes(**axis)
    fig.update_yaxes(**axis, scaleanchor="x")
    fig.update_layout(height=340, showlegend=False)
    return fig


def loss_curves(losses: Mapping[str, Sequence[float]], trained: int, window: int = 1) -> go.Figure:
    """Loss by position, name -> (T,), over `window` neighbours; a line where training ended."""
    fig = go.Figure()
    looks = ((BLUE, "solid"), (ORANGE, "dash"), (PURPLE, "dot"))
    for (name, loss), (colour, dash) in zip(losses.items(), looks, strict=False):
        smooth = np.convolve(loss, np.ones(window) / window, "valid")
        x = np.arange(len(smooth)) + 1 + window // 2
        fig.add_scatter(
            name=name, x=x, y=smooth, mode="lines", line={"color": colour, "dash": dash, "width": 3}
        )
    fig.add_vline(x=trained, line={"color": GREY, "dash": "dash"})
    fig.add_annotation(
        x=trained, y=0, yref="paper", yanchor="bottom", text=f"trained to {trained}",
        showarrow=False, xanchor="left", xshift=6,
    )  # fmt: skip
    fig.update_xaxes(title="position in the text")
    fig.update_yaxes(title="loss, nats a word", rangemode="tozero")
    fig.update_layout(height=460, legend=LEGEND_BELOW)
    return fig


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.18)"
