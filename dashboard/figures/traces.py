"""The traces of Plotly as plain dictionaries: scatter, line, bar, heat; and the ticks of an axis.

Every builder takes further properties of the trace by their Plotly names (`more`), which win over
its own.
"""

from collections.abc import Sequence
from typing import Any

from dashboard.figures.layout import Spec
from dashboard.palette import DIVERGING, GREY, SEQUENTIAL


def scatter(x: Any, y: Any, name: str = "", **more: object) -> Spec:
    """Points, x and y of one length; `marker` is how they look."""
    named = {"name": name} if name else {}
    return {"type": "scatter", "x": x, "y": y, "mode": "markers", **named, **more}


def ring(x: Any, y: Any, **more: object) -> Spec:
    """A circle around points that are selected."""
    marker = {"size": 25, "symbol": "circle-open", "color": GREY, "line": {"width": 3}}
    return scatter(x, y, "", marker=marker, showlegend=False, hoverinfo="skip", **more)


def line(
    x: Any,
    y: Any,
    name: str = "",
    color: str | None = None,
    width: float | None = None,
    dash: str | None = None,
    **more: object,
) -> Spec:
    """A line through points; `mode="lines+markers"` marks the points as well."""
    look = {"color": color, "width": width, "dash": dash}
    look = {key: value for key, value in look.items() if value is not None}
    return scatter(x, y, name, **{"mode": "lines", "line": look} | more)


def bar(
    x: Any, y: Any, name: str = "", color: object = None, pattern: str = "", **more: object
) -> Spec:
    """Bars; `orientation="h"` lays them down. color: one, or one for each; pattern: "/" hatches."""
    hatched = {"pattern": {"shape": pattern}} if pattern else {}
    named = {"name": name} if name else {}
    return {"type": "bar", "x": x, "y": y, "marker": {"color": color} | hatched, **named, **more}


def heat(z: Any, title: str, top: float | None, *, signed: bool = False, **more: object) -> Spec:
    """A heatmap with its colour bar; z: (rows, columns), NaN stays empty.

    Colours run from 0 to `top`, None for the largest value; signed: from -top to top, blue to red.
    """
    return {
        "type": "heatmap",
        "z": z,
        "zmin": -top if signed and top is not None else 0,
        "zmax": top,
        "colorscale": DIVERGING if signed else SEQUENTIAL,
        "colorbar": {"title": {"text": title}},
        **more,
    }


def ticks(names: Sequence[object], most: int = 0) -> Spec:
    """Names at the places 0, 1, … of an axis; most: how many fit, 0 for all, else every nth."""
    every = max(1, -(-len(names) // most)) if most else 1
    places = list(range(0, len(names), every))
    return {"tickvals": places, "ticktext": [names[i] for i in places]}


def error_bars(above: Any, below: Any, color: str) -> Spec:
    """Error bars (`error_y=` of a trace): their length above and below each point."""
    both = {"array": above, "arrayminus": below, "symmetric": False}
    return {"type": "data", "color": color, "thickness": 1.5, **both}
