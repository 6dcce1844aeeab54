"""ViT against CNN: accuracies on one axis, always from 0 to 100%."""

from collections.abc import Mapping, Sequence
from math import log10

from dashboard.figures.layout import LEGEND_ABOVE, Drawing, Spec, axis, figure, literal
from dashboard.figures.traces import line
from dashboard.palette import PALETTE

MARKS = ["circle", "square", "diamond", "cross", "triangle-up", "x"]


def lines(
    series: Mapping[str, tuple[Sequence[float], Sequence[float]]], x: str, places: Sequence[float]
) -> Drawing:
    """Accuracy curves, each with its own marker: name -> (x values, accuracies 0 to 1).

    places: the measured values of x, which become the ticks.
    """
    data = [_points(xs, ys, name, i) for i, (name, (xs, ys)) in enumerate(series.items())]
    return _per_cent(data, axis(x, tickvals=list(places)), "held-out accuracy")


def by_share(
    series: Mapping[str, tuple[Sequence[float], Sequence[float], Sequence[float]]],
    places: Sequence[float],
) -> Drawing:
    """Accuracy by share of the data: name -> (per cent, mean of the seeds, half their difference).

    The whiskers of a point are its two seeds.
    """
    data = [
        _points(xs, ys, name, i)
        | {"error_y": {"type": "data", "array": list(spread), "thickness": 2, "width": 6}}
        for i, (name, (xs, ys, spread)) in enumerate(series.items())
    ]
    across = axis("share of the training data, per cent", type="log", tickvals=list(places))
    first = log10(min(places, default=1))
    across |= {"range": [first - 0.2, 2.2], "minor": {"showgrid": False}}
    return _per_cent(data, across, "held-out accuracy")


Histories = Mapping[str, tuple[Sequence[int], Sequence[float], Sequence[float]]]


def histories(series: Histories) -> Drawing:
    """Accuracy by epoch: name -> (epochs, training, held-out); held-out curves are dashed."""
    across = axis("epoch", rangemode="tozero")
    return _per_cent(_both(series, "epoch %{x}: %{y:.1%}"), across, "accuracy")


def long_histories(series: Histories) -> Drawing:
    """Accuracies of many epochs, from 80% on, without a mark for each; held-out ones are dashed."""
    looks = (("training", "solid"), ("held out", "dash"))
    data = [
        line(
            list(epochs), list(values), literal(name), PALETTE[i % 6], 3, dash,
            legendgroup=literal(name), showlegend=which == "training",
            hovertemplate=f"{which}, epoch %{{x}}: %{{y:.1%}}",
        )
        for i, (name, (epochs, *both)) in enumerate(series.items())
        for values, (which, dash) in zip(both, looks, strict=True)
    ]  # fmt: skip
    down = axis("accuracy", range=[0.8, 1.01], tickformat=".0%")
    across = axis("epoch", rangemode="tozero")
    return figure(data, {"height": 320, "legend": LEGEND_ABOVE, "xaxis": across, "yaxis": down})


def losses(series: Histories) -> Drawing:
    """Loss in nats by epoch, drawn as `histories` draws accuracies."""
    across, down = axis("epoch", rangemode="tozero"), axis("loss, nats", rangemode="tozero")
    layout = {"height": 350, "legend": LEGEND_ABOVE, "xaxis": across, "yaxis": down}
    return figure(_both(series, "epoch %{x}: %{y:.2f} nats"), layout)


def _both(series: Histories, hover: str) -> list[Spec]:
    """Two lines for each name; the legend has the solid one."""
    return [
        _line(epochs, values, name, i, which == "held-out", f"{which}, {hover}")
        | {"legendgroup": name, "showlegend": which == "training"}
        for i, (name, (epochs, *both)) in enumerate(series.items())
        for which, values in zip(("training", "held-out"), both, strict=True)
    ]


def _points(xs: Sequence[float], ys: Sequence[float], name: str, i: int) -> Spec:
    return _line(xs, ys, name, i, i % 2 == 1, "%{x}: %{y:.1%}")


def _line(
    xs: Sequence[float], ys: Sequence[float], name: str, i: int, dashed: bool, hover: str
) -> Spec:
    return line(
        list(xs), list(ys), literal(name), PALETTE[i % 6], 3, "dash" if dashed else "solid",
        mode="lines+markers", marker={"symbol": MARKS[i % 6], "size": 10}, hovertemplate=hover,
    )  # fmt: skip


def _per_cent(data: list[Spec], across: Spec, title: str) -> Drawing:
    down = axis(title, tickformat=".0%", range=[0, 1.04])
    return figure(data, {"height": 350, "legend": LEGEND_ABOVE, "xaxis": across, "yaxis": down})
