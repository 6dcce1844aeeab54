"""What all Plotly figures share: type one can read from the last row, and one look.

Figures are drawn for paper, dark on white, and that is how they are saved. On a dark page the
style sheet turns the colours named here, and only these, into the page's own.
"""

from typing import Any

import plotly.graph_objects as go
from plotly.basedatatypes import BaseFigure

from dashboard.style import (
    BACKGROUND,
    FIGURE_FONT_SIZE,
    FIGURE_GRID,
    FIGURE_TEXT,
    GREY,
    PALETTE,
)

Spec = dict[str, Any]

# Below the axis title, however long the names and narrow the figure.
LEGEND_BELOW = {"orientation": "h", "yref": "container", "yanchor": "bottom", "y": 0, "x": 0}


class Drawing(BaseFigure):  # type: ignore[misc]
    """A finished figure as plain JSON: checked once when it was made, not again when shown."""

    def __init__(self, spec: Spec):
        self._spec = spec

    def to_dict(self) -> Spec:
        """The figure as Plotly's browser side reads it."""
        return self._spec


def readable(fig: go.Figure, tallest: int | None = None) -> Drawing:
    """`fig` in the common look, with all its text at least FIGURE_FONT_SIZE pixels high.

    Colours the figure chose itself are kept; `fig` is left as it was. tallest: pixels the figure
    may be high.
    """
    spec: Spec = fig.to_dict()
    _enlarge(spec)
    if tallest is not None:
        spec["layout"]["height"] = min(spec["layout"].get("height", 450), tallest)
    spec["layout"]["template"] = {"layout": _LOOK, "data": {"heatmap": [{"colorbar": _BAR}]}}
    return Drawing(spec)


def frame(fig: go.Figure, x0: float, x1: float, y0: float, y1: float, width: int = 2) -> None:
    """A frame in black and white around cells of a heatmap: seen on every colour."""
    for wide, colour in ((2 * width + 1, "#000000"), (width, "#ffffff")):
        fig.add_shape(
            type="rect", x0=x0, x1=x1, y0=y0, y1=y1, line={"color": colour, "width": wide}
        )


_AXIS = {
    "gridcolor": FIGURE_GRID,
    "zerolinecolor": FIGURE_GRID,
    "linecolor": FIGURE_GRID,
    "automargin": True,
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
    "margin": {"l": 10, "r": 10, "t": 30, "b": 10},
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
