"""Margins for the labels of a figure, estimated before it is drawn.

Plotly's `automargin` draws a figure again and again until all labels fit, which takes two to four
times as long; it still does so where these margins are too small. Sizes in pixels, at the type
size of layout.py.
"""

import re
from collections.abc import Iterable
from typing import Any

LETTER = 8.2  # the width of a mean letter
TITLE = 28  # an axis title with its distance
LEGEND = 36  # one row of it
SLIDER = 178  # the slider of an animation, below an axis


def margins(spec: dict[str, Any]) -> dict[str, float]:
    """The margins of a figure: l, r, t, b."""
    layout, data = spec["layout"], spec["data"]
    legend = layout.get("legend", {})
    across, down = (
        [layout[name] for name in layout if name.startswith(f"{letter}axis")] or [{}]
        for letter in "xy"
    )
    second = "xaxis2" in layout
    above = legend.get("y", 0) if layout.get("showlegend", True) else 0
    below = LEGEND * (1.5 if len(data) > 3 else 1) if legend.get("yref") == "container" else 0
    return {
        "l": max(map(_beside, down)),
        "r": max([32 if second else 26, *map(_bar, data)]),
        "t": 56 + 220 * (above - 1.02) if above > 1 else 60 if second else 30,
        "b": SLIDER if "sliders" in layout else max(map(_under, across)) + below,
    }


def _beside(axis: dict[str, Any]) -> float:
    if axis.get("showticklabels") is False:
        return 10
    title = TITLE if axis.get("title") else 0
    if "ticktext" in axis:
        return title + 26 + LETTER * _longest(axis["ticktext"])
    return title + (64 if axis.get("type") == "log" else 50)


def _under(axis: dict[str, Any]) -> float:
    if axis.get("showticklabels") is False:
        return 10
    title = TITLE if axis.get("title") else 0
    if axis.get("tickangle"):
        return title + 36 + 0.87 * LETTER * _longest(axis.get("ticktext", ()))
    return title + 40


def _bar(trace: dict[str, Any]) -> float:
    """The width of a trace's colour bar."""
    if trace.get("type") != "heatmap" or not trace.get("showscale", True):
        return 0
    about = trace.get("colorbar", {})
    title = about.get("title", {}).get("text", "")
    return 66 + LETTER * max(len(title), _longest(about.get("ticktext", ())))


def _longest(names: Iterable[object]) -> int:
    """Letters of their longest line, without markup."""
    lines = (line for name in names for line in str(name).split("<br>"))
    return max((len(re.sub(r"<[^>]*>|&\w+;", "x", line)) for line in lines), default=0)
