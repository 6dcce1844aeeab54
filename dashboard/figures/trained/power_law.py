"""The power law where the browser does not draw it: loss above the floor, by width and by data."""

from collections.abc import Callable, Sequence

import numpy as np

from dashboard.figures.layout import LEGEND_ABOVE, Drawing, axis, figure
from dashboard.figures.traces import line, scatter
from dashboard.palette import BLUE, ORANGE


def against(
    name: str, marks: Sequence[int], excess: Callable[[float], float],
    measured: Sequence[tuple[int, float]],
) -> Drawing:  # fmt: skip
    """excess: what the law says, loss − L∞ in nats; measured: (mark, loss − L∞) of trainings."""
    xs = np.geomspace(marks[0], marks[-1], 60)
    marker = {"size": 11, "symbol": "diamond", "color": ORANGE}
    data = [
        line(xs, np.array([excess(x) for x in xs]), "law", BLUE, 3),
        scatter([m for m, _ in measured], [e for _, e in measured], "measured", marker=marker),
    ]
    layout = {
        "xaxis": axis(name, type="log", tickvals=list(marks)),
        "yaxis": axis("loss − L∞, nats", type="log"), "height": 260, "legend": LEGEND_ABOVE,
    }  # fmt: skip
    return figure(data, layout)
