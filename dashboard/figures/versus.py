"""ViT against CNN: accuracies beside each other, always from 0 to 100 per cent."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboard.style import PALETTE

MARKS = ["circle", "square", "diamond", "cross", "triangle-up", "x"]
LEGEND = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}


def lines(
    series: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    x: str,
    places: Sequence[float],
    log: bool = False,
) -> go.Figure:
    """Named lines of accuracy, each with a mark of its own: (x values, accuracies 0 to 1).

    places: the values of x that were measured, and that the axis names.
    """
    fig = go.Figure()
    for i, (name, (xs, ys)) in enumerate(series.items()):
        fig.add_scatter(
            x=list(xs), y=list(ys), name=name, mode="lines+markers", **_look(i, i % 2 == 1),
            hovertemplate="%{x}: %{y:.1%}",
        )  # fmt: skip
    fig.update_xaxes(title=x, type="log" if log else "linear", tickvals=list(places))
    if log:
        fig.update_xaxes(range=[-0.2, 2.2], minor_showgrid=False)
    return _per_cent(fig, "held-out accuracy")


def histories(
    series: Mapping[str, tuple[Sequence[int], Sequence[float], Sequence[float]]],
) -> go.Figure:
    """Epochs, training and held-out accuracy of each model; dashed is held out."""
    fig = go.Figure()
    for i, (name, (epochs, *both)) in enumerate(series.items()):
        for which, values in zip(("training", "held-out"), both, strict=True):
            fig.add_scatter(
                x=list(epochs), y=list(values), name=f"{name}, {which}", mode="lines+markers",
                hovertemplate="epoch %{x}: %{y:.1%}", **_look(i, which == "held-out"),
            )  # fmt: skip
    fig.update_xaxes(title="epoch", rangemode="tozero")
    return _per_cent(fig, "accuracy")


def _look(i: int, dashed: bool) -> dict[str, object]:
    return {
        "line": {"color": PALETTE[i % 6], "width": 3, "dash": "dash" if dashed else "solid"},
        "marker": {"symbol": MARKS[i % 6], "size": 10},
    }


def _per_cent(fig: go.Figure, title: str) -> go.Figure:
    fig.update_yaxes(title=title, tickformat=".0%", range=[0, 1.04])
    return fig.update_layout(height=440, legend=LEGEND)
