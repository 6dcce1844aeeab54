"""Figures of how faithful a map is: deletion and insertion, entropy against object size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dashboard.figures.layout import LEGEND_ABOVE, Drawing, axis, figure, horizontal_line
from dashboard.figures.traces import line, scatter
from dashboard.palette import BLUE, GREY, ORANGE

if TYPE_CHECKING:
    from core.interpret.faithfulness import Curve


def curves(down: Curve, up: Curve, chance_down: Curve, chance_up: Curve) -> Drawing:
    """Deletion on the left, insertion on the right, each beside random order."""
    sides = ("", "deletion", down, chance_down), ("2", "insertion", up, chance_up)
    data = [
        line(
            drawn.share.numpy(), drawn.probability.numpy(), name, colour, 3, dash,
            mode=mode, xaxis=f"x{side}", yaxis=f"y{side}", showlegend=side == "",
        )
        for side, _, curve, chance in sides
        for name, drawn, colour, dash, mode in (
            ("by the map", curve, BLUE, "solid", "lines+markers"),
            ("random order", chance, GREY, "dash", "lines"),
        )
    ]  # fmt: skip
    widths = ([0.0, 0.43], [0.57, 1.0])
    titles = [
        {
            "text": title, "x": sum(width) / 2, "y": 1.0, "xref": "paper", "yref": "paper",
            "xanchor": "center", "yanchor": "bottom", "font": {"size": 16}, "showarrow": False,
        }
        for (_, title, _, _), width in zip(sides, widths, strict=True)
    ]  # fmt: skip
    share = axis("share of patches", range=[0, 1], tickformat=".0%")
    layout = {
        "height": 380,
        "legend": {"orientation": "h", "y": 1.12, "yanchor": "bottom"},
        "annotations": titles,
        "xaxis": share | {"anchor": "y", "domain": widths[0]},
        "xaxis2": share | {"anchor": "y2", "domain": widths[1]},
        "yaxis": axis("probability", range=[0, 1.02], anchor="x", domain=[0.0, 1.0]),
        "yaxis2": {
            "anchor": "x2", "domain": [0.0, 1.0], "matches": "y", "showticklabels": False,
        },
    }  # fmt: skip
    return figure(data, layout)


def size_scatter(
    size: np.ndarray, spread: np.ndarray, r: float, random: np.ndarray, patches: int
) -> Drawing:
    """Entropy against object size, a point a picture, with the straight line that fits best.

    random: the entropies with random weights, for the same pictures.
    """
    data = _points(size, spread, random, "%{y:.2f} nats")
    if np.ptp(size) > 0:
        slope, start = np.polyfit(size, spread, 1)
        ends = np.array([size.min(), size.max()])
        name = f"line of best fit, r = {r:+.2f}"
        data.append(line(ends, start + slope * ends, name, ORANGE, 4))
    even = float(np.log(patches))
    layout = {
        "height": 440,
        "legend": LEGEND_ABOVE,
        "xaxis": axis("share of the picture covered by the object", tickformat=".0%"),
        "yaxis": axis("entropy of the attention, nats", range=[0, 1.08 * even]),
        "shapes": [horizontal_line(even, {"dash": "dot", "width": 2})],
    }
    return figure(data, layout)


def share_scatter(size: np.ndarray, share: np.ndarray, random: np.ndarray) -> Drawing:
    """The share of attention on the object against its size, a point a picture.

    The dashed diagonal is uniform attention. random: the shares with random weights.
    """
    most = float(size.max())
    data = _points(size, share, random, "%{y:.0%} of the attention")
    data.append(line([0.0, most], [0.0, most], "uniform attention", ORANGE, 4, "dash"))
    layout = {
        "height": 440,
        "legend": LEGEND_ABOVE,
        "xaxis": axis("share of the picture covered by the object", tickformat=".0%"),
        "yaxis": axis("share of attention on the object", range=[0, 1], tickformat=".0%"),
    }
    return figure(data, layout)


def _points(
    size: np.ndarray, values: np.ndarray, random: np.ndarray, hover: str
) -> list[dict[str, object]]:
    return [
        scatter(
            size, drawn, name, hovertemplate="%{x:.1%} object: " + hover,
            marker={"color": colour, "symbol": symbol, "size": 7, "opacity": 0.6},
        )
        for name, drawn, colour, symbol in (
            ("random weights", random, GREY, "x-thin-open"),
            ("this model", values, BLUE, "circle"),
        )
    ]  # fmt: skip
