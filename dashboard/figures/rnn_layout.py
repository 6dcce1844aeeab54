"""What the figures of the RNN lesson share: built fast, decades on logarithmic axes, legends."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

LEGEND_ABOVE = {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0}


def quick(
    data: Sequence[Mapping[str, Any]],
    layout: Mapping[str, Any],
    frames: Sequence[Mapping[str, Any]] = (),
) -> go.Figure:
    """A figure from plain dictionaries, without Plotly's check of every property.

    The check takes longer than everything else when a slider redraws; tests do it instead
    (`go.Figure(fig.to_dict())`).
    """
    spec: dict[str, Any] = {"data": list(data), "layout": dict(layout)}
    if frames:
        spec["frames"] = list(frames)
    return go.Figure(spec, _validate=False)


def decades(title: str, low: float, high: float, most: int = 9) -> dict[str, Any]:
    """A logarithmic axis from 10^low to 10^high that names whole powers of ten, at most `most`."""
    every = max(1, math.ceil((high - low) / most))
    ticks = {"dtick": every, "exponentformat": "power", "showexponent": "all"}
    heading = {"text": f"{title} (logarithmic)", "standoff": 12}
    return {"type": "log", "range": [low, high], "title": heading} | ticks
