"""The figures on √n where the browser does not draw them: weights, entropy and gradient."""

from collections.abc import Mapping, Sequence

import numpy as np

from dashboard.figures.layout import LEGEND_ABOVE, Drawing, axis, figure
from dashboard.figures.traces import bar, line
from dashboard.palette import BLUE, ORANGE

LOOKS = ((BLUE, "solid", ""), (ORANGE, "dash", "/"))


def weights(rows: Mapping[str, np.ndarray]) -> Drawing:
    """Bars of the weights on each key: name -> (T,)."""
    data = [
        bar([str(j + 1) for j in range(len(p))], p, name, colour, pattern)
        for (name, p), (colour, _, pattern) in zip(rows.items(), LOOKS, strict=False)
    ]
    layout = {"xaxis": axis("key"), "yaxis": axis("weight", range=[0, 1]), "height": 300}
    return figure(data, layout | {"legend": LEGEND_ABOVE})


def against_width(
    widths: Sequence[int], lines: Mapping[str, tuple[Sequence[float], Sequence[float]]]
) -> Drawing:
    """Entropy above, gradient below, against n: name -> (entropies, gradients)."""
    data = []
    for (name, both), (colour, dash, _) in zip(lines.items(), LOOKS, strict=False):
        for values, where in zip(both, ("y", "y2"), strict=True):
            data.append(
                line(list(widths), list(values), name, colour, 3, dash, yaxis=where,
                     legendgroup=name, showlegend=where == "y")
            )  # fmt: skip
    layout = {
        "xaxis": axis("n", type="log", tickvals=list(widths)[::2], anchor="y2"),
        "yaxis": axis("entropy (nats)", domain=[0.55, 1], rangemode="tozero"),
        "yaxis2": axis("‖∂p/∂s‖", domain=[0, 0.45], rangemode="tozero"),
        "height": 430, "legend": LEGEND_ABOVE,
    }  # fmt: skip
    return figure(data, layout)
