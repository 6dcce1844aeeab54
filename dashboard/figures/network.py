"""A network as a column of boxes: what the server draws where its drawing stopped in a browser."""

from collections.abc import Sequence

from dashboard.figures.layout import Drawing, Spec, figure, literal
from dashboard.palette import BLUE

_HIGH = 44  # pixels of a box and the arrow below it


def boxes(parts: Sequence[tuple[str, str]]) -> Drawing:
    """parts: (name, shape) of each, in the order in which the signal passes through them."""
    text: Spec = {
        "type": "scatter", "mode": "text", "hoverinfo": "skip",
        "x": [0.5] * len(parts), "y": [i + 0.35 for i in range(len(parts))],
        "text": [f"<b>{literal(name)}</b>  {literal(shape)}" for name, shape in parts],
    }  # fmt: skip
    frames = [
        {"type": "rect", "x0": 0, "x1": 1, "y0": i, "y1": i + 0.7, "line": {"color": BLUE}}
        for i in range(len(parts))
    ]
    arrows = [
        {"x": 0.5, "y": i + 1, "ax": 0.5, "ay": i + 0.7, "xref": "x", "yref": "y", "axref": "x",
         "ayref": "y", "arrowhead": 2, "text": ""}
        for i in range(len(parts) - 1)
    ]  # fmt: skip
    hidden: Spec = {"visible": False, "fixedrange": True}
    layout = {
        "height": _HIGH * len(parts) + 20,
        "margin": {"l": 4, "r": 4, "t": 4, "b": 4},
        "xaxis": hidden | {"range": [-0.01, 1.01]},
        "yaxis": hidden | {"range": [len(parts) - 0.25, -0.05]},
        "shapes": frames,
        "annotations": arrows,
        "showlegend": False,
    }
    return figure([text], layout)
