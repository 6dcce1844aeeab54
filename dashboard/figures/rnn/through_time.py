"""Gradients through time by the server, and training with and without clipping."""

import math
from collections.abc import Mapping

import numpy as np

from core.linear_rnn.through_time.clipping import Training
from dashboard.figures.layout import LEGEND_ABOVE, Drawing, Spec, axis, figure, log_axis
from dashboard.figures.traces import heat, line, scatter
from dashboard.palette import BLUE, GREEN, GREY, ORANGE

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


def trainings(plain: Training, clipped: Training | None, c: float) -> Drawing:
    """Loss above, the norm of the gradient before clipping below, against the step.

    clipped: None before the prediction; then only the run without clipping is drawn.
    """
    runs = {"without clipping": plain} | ({f"c = {c:g}": clipped} if clipped else {})
    data = []
    for (name, run), (colour, dash) in zip(runs.items(), LOOKS, strict=False):
        for values, where in ((run.loss, "y"), (run.norm, "y2")):
            steps = np.arange(1, len(values) + 1)
            data.append(
                line(steps, np.array(values), name, colour, 3, dash, yaxis=where,
                     legendgroup=name, showlegend=where == "y")
            )  # fmt: skip
            if run.exploded:
                marker = {"size": 16, "symbol": "x", "color": colour}
                data.append(
                    scatter(steps[-1:], np.array(values[-1:]), marker=marker, yaxis=where,
                            showlegend=False, hoverinfo="skip")
                )  # fmt: skip
    longest = max(len(run.loss) for run in runs.values())
    data.append(
        line([1, longest], [c, c], "c", GREY, 2, "dot", yaxis="y2", hoverinfo="skip",
             showlegend=False)
    )  # fmt: skip
    upper, lower = (
        [v for run in runs.values() for v in getattr(run, name) if v > 0]
        for name in ("loss", "norm")
    )
    layout = {
        "xaxis": axis("step", anchor="y2", range=[0, longest + 1]),
        "yaxis": _logarithmic("loss", upper) | {"domain": [0.54, 1]},
        "yaxis2": _logarithmic("‖g‖", [*lower, c]) | {"domain": [0, 0.46]},
        "height": 440,
        "legend": LEGEND_ABOVE,
    }
    return figure(data, layout)


def units(values: np.ndarray, *, signed: bool) -> Drawing:
    """A gate, or the cell (signed), of every unit at every step: (d, T)."""
    d, T = values.shape
    data = [heat(values, "", 2.0 if signed else 1.0, signed=signed, x=np.arange(1, T + 1),
                 y=np.arange(1, d + 1))]  # fmt: skip
    layout = {"xaxis": axis("step t"), "yaxis": axis("unit", autorange="reversed"), "height": 260}
    return figure(data, layout)


def _logarithmic(title: str, values: list[float]) -> Spec:
    """An axis from the smallest to the largest value, which reach over many powers of ten."""
    low, high = math.log10(min(values)), math.log10(max(values))
    return log_axis(title, math.floor(low), math.ceil(high + 0.1), 5)
