"""Figures that ask a map whether it is true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dashboard.figures.layout import Drawing, axis, level, quick
from dashboard.palette import BLUE, GREY, ORANGE

if TYPE_CHECKING:
    from core.interpret.faithfulness import Curve


def curves(down: Curve, up: Curve, chance_down: Curve, chance_up: Curve) -> Drawing:
    """Deletion on the left, insertion on the right, each beside random order."""
    sides = ("", "deletion", down, chance_down), ("2", "insertion", up, chance_up)
    data = [
        {
            "type": "scatter", "x": line.share.numpy(), "y": line.probability.numpy(),
            "name": name, "xaxis": f"x{side}", "yaxis": f"y{side}",
            "mode": "lines+markers" if dash == "solid" else "lines", "showlegend": side == "",
            "line": {"color": colour, "dash": dash, "width": 3},
        }
        for side, _, curve, chance in sides
        for name, line, colour, dash in (
            ("by the map", curve, BLUE, "solid"),
            ("random order", chance, GREY, "dash"),
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
    return quick(data, layout)


def size_scatter(
    size: np.ndarray, spread: np.ndarray, r: float, random: np.ndarray, patches: int
) -> Drawing:
    """Entropy against object size, a point a picture, with the straight line that fits best.

    random: the entropies with random weights, for the same pictures.
    """
    data = [
        {
            "type": "scatter", "x": size, "y": values, "mode": "markers", "name": name,
            "marker": {"color": colour, "symbol": symbol, "size": 7, "opacity": 0.6},
            "hovertemplate": "%{x:.1%} object: %{y:.2f} nats",
        }
        for name, values, colour, symbol in (
            ("random weights", random, GREY, "x-thin-open"),
            ("this model", spread, BLUE, "circle"),
        )
    ]  # fmt: skip
    if np.ptp(size) > 0:
        slope, start = np.polyfit(size, spread, 1)
        ends = np.array([size.min(), size.max()])
        data.append({
            "type": "scatter", "x": ends, "y": start + slope * ends, "mode": "lines",
            "name": f"line of best fit, r = {r:+.2f}", "line": {"color": ORANGE, "width": 4},
        })  # fmt: skip
    even = float(np.log(patches))
    layout = {
        "height": 440,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        "xaxis": axis("share of the picture that is object", tickformat=".0%"),
        "yaxis": axis("entropy of the attention, nats", range=[0, 1.08 * even]),
        "shapes": [level(even, {"dash": "dot", "width": 2})],
    }
    return quick(data, layout)
