"""The figures of the section on the way from the course's GPT to a Llama."""

from collections.abc import Sequence

from dashboard.figures.layout import LEGEND_BELOW, Drawing, Spec, axis, figure
from dashboard.figures.traces import line, scatter
from dashboard.palette import BLUE, GREY, ORANGE

BITS = "bits per character"


def dots(
    names: Sequence[str], bits: Sequence[Sequence[float] | None], at: int, span: Sequence[float]
) -> Drawing:
    """A dot for every step at the mean of its seeds, each seed a short line; None: a question mark.

    at: the step that is looked at. span: the lowest and the highest value, shown or not.
    """
    known = [i for i, values in enumerate(bits) if values]
    means = [sum(bits[i] or ()) / len(bits[i] or (1,)) for i in known]
    room = 0.12 * (span[1] - span[0]) or 0.1
    middle = (span[0] + span[1]) / 2
    data: list[Spec] = [
        scatter(
            [i for i in known for _ in bits[i] or ()], [b for i in known for b in bits[i] or ()],
            "a seed", marker={"symbol": "line-ew-open", "size": 26, "color": GREY,
                              "line": {"width": 2, "color": GREY}},
            hovertemplate="%{y:.3f}<extra>a seed</extra>",
        ),
        scatter(
            known, means, "mean of both", mode="markers+text", text=[f"{m:.2f}" for m in means],
            textposition="top center", cliponaxis=False,
            marker={"size": 16, "color": [ORANGE if i == at else BLUE for i in known],
                    "symbol": ["diamond" if i == at else "circle" for i in known]},
            hovertemplate="%{y:.3f}<extra>mean</extra>",
        ),
    ]  # fmt: skip
    asked = [
        {"x": i, "y": middle, "text": "?", "showarrow": False, "font": {"size": 28, "color": GREY}}
        for i in range(len(names)) if i not in known
    ]  # fmt: skip
    labels = [name.replace(" ", "<br>", 1) for name in names]
    across = axis("", tickvals=list(range(len(names))), ticktext=labels, range=[-0.5, 6.5])
    down = axis(BITS, range=[span[0] - room, span[1] + 2 * room])
    layout = {"height": 380, "legend": LEGEND_BELOW, "annotations": asked}
    return figure(data, layout | {"xaxis": across, "yaxis": down})


def curves(
    at: Sequence[int], before: Sequence[Sequence[float]], after: Sequence[Sequence[float]],
    names: tuple[str, str],
) -> Drawing:  # fmt: skip
    """Validation loss during training, before and after a step: a line for each seed."""
    data = [
        line(
            list(at), list(curve), name, colour, 3, dash, mode="lines+markers",
            marker={"symbol": symbol, "size": 9}, legendgroup=name, showlegend=seed == 0,
            hovertemplate=f"step %{{x}}: %{{y:.3f}}<extra>seed {seed}</extra>",
        )
        for name, runs, colour, dash, symbol in (
            (names[0], before, BLUE, "dash", "circle"),
            (names[1], after, ORANGE, "solid", "diamond"),
        )
        for seed, curve in enumerate(runs)
    ]  # fmt: skip
    layout = {"height": 300, "legend": LEGEND_BELOW, "xaxis": axis("step of the training")}
    return figure(data, layout | {"yaxis": axis(BITS)})
