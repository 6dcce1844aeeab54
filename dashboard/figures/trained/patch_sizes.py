"""Patches of 2, 4 and 8 pixels: held-out accuracy, and multiplications for one picture."""

from collections.abc import Mapping, Sequence

from dashboard.figures.layout import LEGEND_ABOVE, Drawing, Spec, axis, figure, question_mark
from dashboard.figures.traces import bar, line, ring, scatter
from dashboard.palette import BLUE, GREEN, ORANGE

LOWER = {"xaxis": "x2", "yaxis": "y2"}


def accuracy_and_cost(
    accuracies: Mapping[int, Sequence[float]],
    costs: Mapping[int, tuple[int, int, int, float]],
    selected: int,
) -> Drawing:
    """Above, accuracy by the side of a patch in pixels; below, the cost of one picture.

    accuracies: side -> seeds, {} for a question mark. costs: side -> tokens,
    multiplications of attention and of the whole model, and milliseconds of a training step.
    selected: one of the sides.
    """
    names = [str(side) for side in costs]
    attention = [of[1] / 1e6 for of in costs.values()]
    others = [(of[2] - of[1]) / 1e6 for of in costs.values()]
    data: list[Spec] = [
        bar(names, attention, "QKᵀ and AV", ORANGE, "/", **LOWER),
        bar(names, others, "all other products", BLUE, **LOWER),
    ]
    most = max(of[2] for of in costs.values()) / 1e6
    above = {"showarrow": False, "xref": "x2", "yref": "y2", "yanchor": "bottom"}
    notes = [
        {"x": at, "y": total / 1e6, "text": f"{total / 1e6:.1f} M<br>{ms:.0f} ms"} | above
        for at, (_, _, total, ms) in enumerate(costs.values())
    ]
    if accuracies:
        means = [sum(seeds) / len(seeds) for seeds in accuracies.values()]
        across = [str(side) for side, seeds in accuracies.items() for _ in seeds]
        every = [accuracy for seeds in accuracies.values() for accuracy in seeds]
        data += [
            line(names, means, "mean accuracy", GREEN, 3),
            scatter(across, every, "one seed",
                    marker={"size": 10, "symbol": "diamond", "color": GREEN}),
            ring([str(selected)], [means[list(accuracies).index(selected)]]),
        ]  # fmt: skip
        notes += [
            {"x": at, "y": mean, "text": f"{mean:.0%}", "showarrow": False, "yshift": 24}
            for at, mean in enumerate(means)
        ]
    else:  # an empty line keeps the axes
        data.append(line(names, [None] * len(names), showlegend=False, hoverinfo="skip"))
        notes.append(question_mark(len(names) // 2, 0.75))
    across_all = [-0.5, len(names) - 0.5]  # both axes alike
    layout = {
        "xaxis": axis("", type="category", anchor="y", showticklabels=False, range=across_all),
        "yaxis": axis("accuracy", range=[0.5, 1.05], tickformat=".0%", domain=[0.5, 1]),
        "xaxis2": axis("side of a patch p, pixels", type="category", anchor="y2",
                       range=across_all, tickvals=names,
                       ticktext=[f"{p}<br>{of[0]} tokens" for p, of in costs.items()]),
        "yaxis2": axis("million products", range=[0, 1.7 * most], domain=[0, 0.4]),
        "barmode": "stack", "height": 430, "legend": LEGEND_ABOVE, "annotations": notes,
    }  # fmt: skip
    return figure(data, layout)
