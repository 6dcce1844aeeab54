"""Gradients through time by the server, and training with and without clipping."""

from collections.abc import Mapping

import numpy as np

from dashboard.figures.layout import LEGEND_ABOVE, Drawing, axis, figure, log_axis
from dashboard.figures.traces import line, scatter
from dashboard.palette import BLUE, GREEN, ORANGE

LOOKS = ((BLUE, "dash"), (ORANGE, "solid"))


def norms_by_step(lines: Mapping[str, np.ndarray], points: np.ndarray | None = None) -> Drawing:
    """‖∂h_T/∂h_t‖ against t: name -> (T,); points: autograd's, (T,) or None."""
    data = [
        line(np.arange(1, len(norms) + 1), norms, name, colour, 3, dash)
        for (name, norms), (colour, dash) in zip(lines.items(), LOOKS, strict=False)
    ]
    if points is not None:
        marker = {"size": 10, "symbol": "diamond", "color": GREEN}
        data.append(scatter(np.arange(1, len(points) + 1), points, "autograd", marker=marker))
    log = np.log10(np.concatenate([norms[norms > 0] for norms in lines.values()]))
    layout = {
        "xaxis": axis("step t"),
        "yaxis": log_axis("norm", min(-2.0, float(log.min())), max(2.0, float(log.max()))),
        "height": 380,
        "legend": LEGEND_ABOVE,
    }
    return figure(data, layout)
