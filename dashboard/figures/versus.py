"""ViT against CNN: accuracies on one axis, always from 0 to 100%."""

from collections.abc import Mapping, Sequence

from dashboard.figures.layout import LEGEND_ABOVE, Drawing, Spec, axis, figure, literal
from dashboard.figures.traces import line
from dashboard.palette import PALETTE

MARKS = ["circle", "square", "diamond", "cross", "triangle-up", "x"]


def lines(
    series: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    x: str,
    places: Sequence[float],
    log: bool = False,
) -> Drawing:
    """Accuracy curves, each with its own marker: name -> (x values, accuracies 0 to 1).

    places: the measured values of x, which become the ticks.
    """
    data = [
        _line(xs, ys, name, i, i % 2 == 1, "%{x}: %{y:.1%}")
        for i, (name, (xs, ys)) in enumerate(series.items())
    ]
    across = axis(x, type="log" if log else "linear", tickvals=list(places))
    if log:
        across |= {"range": [-0.2, 2.2], "minor": {"showgrid": False}}
    return _per_cent(data, across, "held-out accuracy")


def histories(
    series: Mapping[str, tuple[Sequence[int], Sequence[float], Sequence[float]]],
) -> Drawing:
    """Accuracy by epoch: name -> (epochs, training, held-out); held-out curves are dashed."""
    data = [
        _line(epochs, values, f"{name}, {which}", i, which == "held-out", "epoch %{x}: %{y:.1%}")
        for i, (name, (epochs, *both)) in enumerate(series.items())
        for which, values in zip(("training", "held-out"), both, strict=True)
    ]
    return _per_cent(data, axis("epoch", rangemode="tozero"), "accuracy")


def _line(
    xs: Sequence[float], ys: Sequence[float], name: str, i: int, dashed: bool, hover: str
) -> Spec:
    return line(
        list(xs), list(ys), literal(name), PALETTE[i % 6], 3, "dash" if dashed else "solid",
        mode="lines+markers", marker={"symbol": MARKS[i % 6], "size": 10}, hovertemplate=hover,
    )  # fmt: skip


def _per_cent(data: list[Spec], across: Spec, title: str) -> Drawing:
    down = axis(title, tickformat=".0%", range=[0, 1.04])
    return figure(data, {"height": 440, "legend": LEGEND_ABOVE, "xaxis": across, "yaxis": down})
