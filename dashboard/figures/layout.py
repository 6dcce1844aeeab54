"""What all Plotly figures share: a readable type size, one look, axes and shapes.

Figures are drawn dark on white, and saved so. On a dark page the style sheet (style.py) replaces
the colours named here, and only these, by the page's own.
"""

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from plotly.basedatatypes import BaseFigure

from dashboard.figures.margins import margins
from dashboard.palette import (
    BACKGROUND,
    FIGURE_FONT_SIZE,
    FIGURE_GRID,
    FIGURE_TEXT,
    GREY,
    PALETTE,
)

Spec = dict[str, Any]

LEGEND_ABOVE = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
# Below the axis title, however long the names and narrow the figure.
LEGEND_BELOW = {"orientation": "h", "yref": "container", "yanchor": "bottom", "y": 0, "x": 0}


class Drawing(BaseFigure):  # type: ignore[misc]
    """A figure as the plain dictionaries that Plotly's objects are made of."""

    def __init__(self, spec: Spec):
        self._spec = spec

    @property
    def spec(self) -> Spec:
        """The figure with its arrays as NumPy arrays."""
        return self._spec

    def to_dict(self) -> Spec:
        """A copy in the form that Plotly's JavaScript reads."""
        done: Spec = _sent(self.spec)
        return done


def figure(
    data: Sequence[Mapping[str, Any]],
    layout: Mapping[str, Any],
    frames: Sequence[Mapping[str, Any]] = (),
) -> Drawing:
    """A figure from plain dictionaries, without Plotly's objects and their check of every property.

    That check takes longer than everything else when a slider redraws a figure; the tests do it
    instead (`go.Figure(fig.spec)`).
    """
    spec: Spec = {"data": list(data), "layout": dict(layout) | _categories(data, layout)}
    return Drawing(spec | {"frames": list(frames)} if frames else spec)


def _categories(data: Sequence[Mapping[str, Any]], layout: Mapping[str, Any]) -> Spec:
    """Axes with text as categories: Plotly would read the words "1" and "0" as numbers."""
    named: Spec = {}
    for trace in data:
        for letter in "xy":
            values = trace.get(letter, ())
            if len(values) and isinstance(values[0], str):
                name = f"{letter}axis{trace.get(f'{letter}axis', letter)[1:]}"
                named[name] = {"type": "category", **layout.get(name, {})}
    return named


def _sent(node: Any) -> Any:
    """A copy in which arrays of numbers are base64 text, which Plotly's JavaScript reads."""
    if isinstance(node, dict):
        return {key: _sent(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_sent(one) if isinstance(one, dict) else one for one in node]
    if isinstance(node, np.ndarray):
        if node.dtype.kind in "iu":
            node = node.astype(np.float64)
        if node.size and node.dtype in (np.float32, np.float64):
            packed = base64.b64encode(np.ascontiguousarray(node).data).decode()
            shape = {"shape": ", ".join(map(str, node.shape))} if node.ndim > 1 else {}
            return {"dtype": f"f{node.itemsize}", "bdata": packed} | shape
        return node.tolist()
    return node


def literal(text: str) -> str:
    """`text` escaped so that Plotly shows exactly these characters and reads no markup.

    For every text that is not part of this program: names of runs, classes, words.
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def axis(title: str, *, standoff: object = None, **more: object) -> Spec:
    """An axis and its title. standoff: pixels between the title and long names at the ticks."""
    away = {} if standoff is None else {"standoff": standoff}
    return {"title": {"text": title, **away}, **more}


def log_axis(title: str, low: float, high: float, most: int = 9) -> Spec:
    """A logarithmic axis from 10^low to 10^high with at most `most` ticks, at powers of ten."""
    every = max(1, math.ceil((high - low) / most))
    ticks: Spec = {"dtick": every, "exponentformat": "power", "showexponent": "all"}
    return axis(f"{title} (logarithmic)", standoff=12, type="log", range=[low, high], **ticks)


def readable(fig: Drawing, height: int | None = None) -> Drawing:
    """A copy of `fig` in the common look, with all text at least FIGURE_FONT_SIZE pixels high.

    Colours that the figure sets itself stay. height: pixels, instead of the figure's own.
    """
    spec = fig.to_dict()
    _enlarge(spec)
    if height is not None:
        spec["layout"]["height"] = height
    spec["layout"]["margin"] = margins(spec) | spec["layout"].get("margin", {})
    spec["layout"]["template"] = {"layout": _LOOK, "data": {"heatmap": [{"colorbar": _BAR}]}}
    return Drawing(spec)


def cell_frame(x0: float, x1: float, y0: float, y1: float, width: int = 2) -> list[Spec]:
    """A frame around cells of a heatmap, as shapes; black and white, so visible on every colour."""
    return [
        {"type": "rect", "x0": x0, "x1": x1, "y0": y0, "y1": y1, "line": line}
        for line in (
            {"color": "#000000", "width": 2 * width + 1},
            {"color": "#ffffff", "width": width},
        )
    ]


def horizontal_line(y: float, line: Spec) -> Spec:
    """A horizontal line across the whole figure at y, as a shape."""
    return {"type": "line", "xref": "x domain", "x0": 0, "x1": 1, "y0": y, "y1": y, "line": line}


def vertical_line(x: float, line: Spec) -> Spec:
    """A vertical line over the whole height at x, as a shape."""
    return {"type": "line", "yref": "y domain", "y0": 0, "y1": 1, "x0": x, "x1": x, "line": line}


def question_mark(x: float, y: float, *, size: int = 48, **more: object) -> Spec:
    """A "?" where a curve waits for a prediction, as an annotation.

    On an axis of categories, x is a number from 0.
    """
    font = {"size": size, "color": GREY}
    return {"x": x, "y": y, "text": "?", "showarrow": False, "font": font, **more}


_AXIS = {
    "gridcolor": FIGURE_GRID,
    "zerolinecolor": FIGURE_GRID,
    "linecolor": FIGURE_GRID,
    "automargin": True,
    "ticklabeloverflow": "allow",  # margins have room: each label need not be measured
    "ticklabelstandoff": 6,
}
_BAR = {"outlinewidth": 0}
_LOOK = {
    "font": {"family": "Source Sans, sans-serif", "size": FIGURE_FONT_SIZE, "color": FIGURE_TEXT},
    "hoverlabel": {"font": {"size": FIGURE_FONT_SIZE}},
    "colorway": PALETTE,
    "paper_bgcolor": BACKGROUND[0],
    "plot_bgcolor": BACKGROUND[0],
    "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": GREY, "activecolor": GREY},
    "xaxis": _AXIS,
    "yaxis": _AXIS,
    "annotationdefaults": {"arrowcolor": FIGURE_TEXT},
    "shapedefaults": {"line": {"color": FIGURE_TEXT}},
}


def _enlarge(node: object) -> None:
    """Raise every font size in a figure to FIGURE_FONT_SIZE at least."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key.endswith("font") and isinstance(value, dict) and "size" in value:
                value["size"] = max(value["size"], FIGURE_FONT_SIZE)
            else:
                _enlarge(value)
    elif isinstance(node, list):
        for item in node:
            _enlarge(item)
