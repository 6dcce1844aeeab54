"""A recurrent matrix as pictures: its eigenvalues in the complex plane, its entries, an orbit."""

import numpy as np

from dashboard.figures.layout import LEGEND_ABOVE, Drawing, Spec, axis, figure
from dashboard.figures.traces import heat, line, scatter
from dashboard.palette import AMBER, BLUE, GREY, ORANGE

_CIRCLE = np.exp(1j * np.linspace(0, 2 * np.pi, 121))


def eigenvalue_plane(eigenvalues: np.ndarray) -> Drawing:
    """Eigenvalues (d,) complex with the unit circle; the largest moduli are diamonds on |λ| = ρ."""
    values = np.asarray(eigenvalues)
    modulus = np.abs(values)
    radius = float(modulus.max())
    largest = modulus >= radius * (1 - 1e-9)
    reach = 1.15 * max(1.0, radius)
    data = [
        _circle(1.0, "unit circle", GREY, "dot"),
        _circle(radius, "|λ| = ρ", ORANGE, "solid"),
        _points(values[~largest], "λ", {"size": 11, "color": BLUE, "opacity": 0.75}),
        _points(values[largest], "largest |λ|", {"size": 15, "color": ORANGE, "symbol": "diamond"}),
    ]
    axes = _square("Re λ", "Im λ", reach)
    return figure(data, axes | {"height": 400, "showlegend": False})


def entries(W: np.ndarray) -> Drawing:
    """The entries of W (d, d) as colours, row 1 on top; blue below 0, red above."""
    W = np.asarray(W, dtype=np.float32)
    top = max(float(np.abs(W).max()), 1e-9)
    at = np.arange(1, len(W) + 1)
    hover = "row %{y}, column %{x}: %{z:.3f}<extra></extra>"
    cells = heat(W, "entry", top, signed=True, x=at, y=at, hovertemplate=hover)
    layout = {
        "xaxis": axis("column", constrain="domain"),
        "yaxis": axis("row", autorange="reversed", scaleanchor="x", constrain="domain"),
        "height": 430,
    }
    return figure([cells], layout)


def orbit(points: np.ndarray) -> Drawing:
    """x, W x, W² x, … (K + 1, 2) in the plane: step by step with the play button or the slider."""
    points = np.asarray(points, dtype=np.float64)
    finite = np.abs(points[np.isfinite(points).all(axis=1)])
    reach = 1.1 * np.maximum(finite.max(axis=0), 1.0)
    path = line(points[:, 0], points[:, 1], "all steps", GREY, 1, "solid", hoverinfo="skip")
    drawn = points.astype(np.float32)
    frames = [
        {"name": str(k), "data": _walk(drawn, k), "traces": [2, 3]} for k in range(len(drawn))
    ]
    axes = _square("first entry of W<sup>k</sup>x", "second entry of W<sup>k</sup>x", *reach)
    layout = axes | {
        "height": 600,
        "legend": LEGEND_ABOVE,
        "updatemenus": [_play_buttons()],
        "sliders": [_step_slider(len(points))],
    }
    return figure([_circle(1.0, "length 1", GREY, "dot"), path, *_walk(drawn, 0)], layout, frames)


def _walk(points: np.ndarray, k: int) -> list[Spec]:
    """The way so far, and the arrow from 0 to W^k x."""
    so_far, now = points[: k + 1], points[k]
    tip = {"size": [0, 15], "color": ORANGE, "symbol": "diamond"}
    return [
        scatter(
            so_far[:, 0],
            so_far[:, 1],
            "so far",
            marker={"size": 9, "color": BLUE},
            customdata=np.arange(k + 1, dtype=np.float32),
            hovertemplate="k = %{customdata}: (%{x:.3g}, %{y:.3g})<extra></extra>",
        ),
        line(
            [0, now[0]], [0, now[1]], "W<sup>k</sup>x", ORANGE, 4, mode="lines+markers",
            marker=tip, hoverinfo="skip",
        ),
    ]  # fmt: skip


def _play_buttons() -> Spec:
    play = {"frame": {"duration": 180, "redraw": False}, "transition": {"duration": 0}}
    stop = {"frame": {"duration": 0, "redraw": False}, "mode": "immediate"}
    return {
        "type": "buttons",
        "direction": "right",
        "showactive": False,
        "x": 0,
        "y": -0.2,
        "xanchor": "left",
        "yanchor": "top",
        "bgcolor": AMBER,
        "font": {"size": 16, "color": "#10161d"},
        "buttons": [
            {"label": "▶ play", "method": "animate", "args": [None, play | {"fromcurrent": True}]},
            {"label": "❚❚ pause", "method": "animate", "args": [[None], stop]},
        ],
    }


def _step_slider(count: int) -> Spec:
    jump = {"frame": {"duration": 0, "redraw": False}, "mode": "immediate"}
    steps = [{"label": str(k), "method": "animate", "args": [[str(k)], jump]} for k in range(count)]
    return {
        "x": 0.3,
        "len": 0.7,
        "y": -0.16,
        "currentvalue": {"prefix": "k = ", "font": {"size": 16}},
        "font": {"size": 16},
        "steps": steps,
    }


def _square(x: str, y: str, reach: float, reach_y: float | None = None) -> Spec:
    """Two axes from -reach to reach, on one scale unless one is many times longer."""
    reach_y = reach if reach_y is None else reach_y
    if max(reach, reach_y) < 4 * min(reach, reach_y):
        reach = reach_y = max(reach, reach_y)
        one_scale = {"scaleanchor": "x", "constrain": "domain"}
    else:
        x, y, one_scale = f"{x} (scales differ)", f"{y} (scales differ)", {}
    return {
        "xaxis": axis(x, range=[-reach, reach], constrain="domain"),
        "yaxis": axis(y, range=[-reach_y, reach_y], **one_scale),
    }


def _circle(radius: float, name: str, colour: str, dash: str) -> Spec:
    x, y = radius * _CIRCLE.real, radius * _CIRCLE.imag
    return line(x, y, name, colour, 2, dash, hoverinfo="skip")


def _points(values: np.ndarray, name: str, marker: Spec) -> Spec:
    return scatter(
        values.real,
        values.imag,
        name,
        marker=marker,
        customdata=np.abs(values),
        hovertemplate="λ = %{x:.3f} + %{y:.3f} i<br>|λ| = %{customdata:.4f}<extra></extra>",
    )
