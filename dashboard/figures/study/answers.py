"""Figures of Study: the curves of a question, and the share of right answers by confidence."""

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

from dashboard.figures.layout import Drawing, axis, figure
from dashboard.figures.traces import bar, line
from dashboard.palette import BLUE, ORANGE


class Line(Protocol):
    """One line: its name, and its points."""

    @property
    def name(self) -> str: ...
    @property
    def x(self) -> Sequence[float]: ...
    @property
    def y(self) -> Sequence[float]: ...


def small_curves(
    curves: Sequence[Line], x: str, y: str, log: str, bounds: tuple[float, float]
) -> Drawing:
    """One small figure of a set; log: the axes that are logarithmic ("", "x", "y" or "xy").

    bounds: the smallest and the largest y of the set.
    """
    looks = ((BLUE, None), (ORANGE, "dash"))
    traces = [
        line(list(curve.x), list(curve.y), curve.name, color, 2.5, dash)
        for curve, (color, dash) in zip(curves, looks, strict=False)
    ]
    scales = {name: {"type": "log", "dtick": 1} if name in log else {} for name in "xy"}
    low, high = (math.log10(value) if "y" in log else value for value in bounds)
    margin = 0.06 * (high - low)
    layout = {
        "height": 230,
        "margin": {"t": 8},
        "showlegend": len(traces) > 1,
        "legend": {"orientation": "h", "y": 1.18},
        "xaxis": axis(x, **scales["x"]),
        "yaxis": axis(y, range=[low - margin, high + margin], **scales["y"]),
    }
    return figure(traces, layout)


def calibration_bars(counts: Mapping[str, tuple[int, int]]) -> Drawing:
    """For each level of confidence the share of right answers, and of how many; a level without an
    answer has no bar."""
    shares = [right / given if given else 0.0 for right, given in counts.values()]
    labels = [f"{right} of {given}" if given else "none" for right, given in counts.values()]
    bars = bar(
        list(counts), shares, color=BLUE, text=labels, textposition="outside", cliponaxis=False
    )
    layout = {
        "height": 260,
        "margin": {"t": 24},
        "xaxis": axis("how sure"),
        "yaxis": axis("right at once", range=[0, 1.1], tickformat=".0%", dtick=0.25),
    }
    return figure([bars], layout)
