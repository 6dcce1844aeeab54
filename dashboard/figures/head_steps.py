"""One step of an attention head as a heatmap with its numbers."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.attention_maps import short
from dashboard.figures.layout import frame
from dashboard.style import BLUE, DIVERGING, ORANGE, SEQUENTIAL

MOST_NUMBERS = 200  # cells up to which every number is written out


def step_matrix(
    values: np.ndarray,
    rows: str,
    columns: str,
    tokens: Sequence[str],
    query: int | None = None,
    key: int | None = None,
) -> go.Figure:
    """values: (R, C), −∞ where masked. rows and columns: what they count; an axis that counts
    tokens carries their names. The chosen query's row and the chosen cell are framed. A first row
    that sees itself alone does not set the colours: it has no choice."""
    values = np.asarray(values, dtype=np.float32)
    masked = np.isneginf(values)
    finite = np.where(masked, np.nan, values)
    signed = bool(np.nanmin(np.append(finite, 0.0)) < 0)
    free = finite[1:] if len(values) > 2 and not np.nan_to_num(finite[0, 1:]).any() else finite
    span = float(np.nanmax(np.abs(np.append(free, 1e-9))))
    written = values.size <= MOST_NUMBERS
    text = np.char.mod("%.2f", np.where(masked, 0, values))
    text[masked] = "−∞"
    fig = go.Figure(
        go.Heatmap(
            z=finite,
            zmin=-span if signed else 0,
            zmax=span,
            colorscale=DIVERGING if signed else SEQUENTIAL,
            text=text if written else None,
            texttemplate="%{text}" if written else None,
            hovertemplate="row %{y}, column %{x}: %{z:.4f}<extra></extra>",
            hoverongaps=False,
            showscale=True,
            colorbar={"title": {"text": "value"}},
        )
    )
    for axis, name, count, most in (
        (fig.update_xaxes, columns, values.shape[1], 12),
        (fig.update_yaxes, rows, values.shape[0], 24),
    ):
        axis(title=name)
        if "token" in name and count == len(tokens):
            every = max(1, -(-count // most))
            places = list(range(0, count, every))
            axis(tickvals=places, ticktext=[short(tokens[i]) for i in places])
    fig.update_xaxes(tickangle=-60 if "token" in columns else 0)
    fig.update_yaxes(autorange="reversed")
    fig.update_layout(height=int(min(640, 200 + 22 * max(8, values.shape[0]))))
    if query is not None:
        thick = 1 if max(values.shape) > 20 else 2  # thin cells are not to be covered
        frame(fig, -0.5, values.shape[1] - 0.5, query - 0.5, query + 0.5, thick)
        if key is not None:
            frame(fig, key - 0.5, key + 0.5, query - 0.5, query + 0.5, 2 * thick)
    return fig


def product_bars(q: np.ndarray, k: np.ndarray) -> go.Figure:
    """q_f · k_f feature by feature; the sum of the bars is the score. q, k: (n,)."""
    product = np.asarray(q) * np.asarray(k)
    fig = go.Figure(
        go.Bar(
            x=np.arange(1, len(product) + 1),
            y=product,
            marker_color=np.where(product >= 0, BLUE, ORANGE).tolist(),
            customdata=np.stack([q, k], 1),
            hovertemplate="feature %{x}: %{customdata[0]:.3f} × %{customdata[1]:.3f} = "
            "%{y:.4f}<extra></extra>",
        )
    )
    fig.update_xaxes(title="feature of the head")
    fig.update_yaxes(title="query feature × key feature")
    fig.update_layout(height=300)
    return fig


def before_after(
    labels: Sequence[str], before: np.ndarray, after: np.ndarray, changed: str = "changed"
) -> go.Figure:
    """Probabilities as the model is, and changed, side by side; the first label on top."""
    fig = go.Figure()
    for name, values, colour, pattern in (
        ("as it is", before, BLUE, ""),
        (changed, after, ORANGE, "/"),
    ):
        fig.add_bar(
            x=values, y=list(range(len(labels))), orientation="h", name=name,
            marker={"color": colour, "pattern": {"shape": pattern}},
            customdata=[short(label) for label in labels],
            hovertemplate="%{customdata}: %{x:.4f}<extra></extra>",
        )  # fmt: skip
    fig.update_yaxes(
        tickvals=list(range(len(labels))),
        ticktext=[short(label) for label in labels],
        autorange="reversed",
    )
    fig.update_xaxes(title="probability", rangemode="tozero")
    fig.update_layout(
        height=140 + 44 * len(labels), legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"}
    )
    return fig
