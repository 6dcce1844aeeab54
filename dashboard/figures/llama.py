"""The figures of the section on the way from the course's GPT to a Llama."""

from collections.abc import Sequence

from dashboard.figures.layout import LEGEND_BELOW, Drawing, Spec, axis, figure, question_mark
from dashboard.figures.traces import line, scatter, ticks
from dashboard.palette import BLUE, GREY, ORANGE

BITS = "bits per character"


def dots(
    names: Sequence[str], bits: Sequence[Sequence[float] | None], at: int, span: Sequence[float]
) -> Drawing:
    """A row for every step: a dot at the mean of its seeds, each seed a short line; None: a "?".

    at: the selected step. span: the lowest and the highest value, shown or not.
    """
    known = [i for i, values in enumerate(bits) if values]
    means = [sum(bits[i] or ()) / len(bits[i] or (1,)) for i in known]
    beside = [
        (i, m > sum(span) / 2) for i, m in zip(known, means, strict=True)
    ]  # value on the left?
    room = 0.15 * (span[1] - span[0]) or 0.1
    stroke = {"width": 2, "color": GREY}
    data: list[Spec] = [
        scatter(
            [b for i in known for b in bits[i] or ()], [i for i in known for _ in bits[i] or ()],
            "one seed", hovertemplate="%{x:.3f}<extra>one seed</extra>",
            marker={"symbol": "line-ns-open", "size": 24, "color": GREY, "line": stroke},
        ),
        scatter(
            means, known, "mean", hovertemplate="%{x:.3f}<extra>mean</extra>",
            marker={"size": 16, "color": [ORANGE if i == at else BLUE for i in known],
                    "symbol": ["diamond" if i == at else "circle" for i in known]},
        ),
        scatter(
            [min(bits[i] or ()) if left else max(bits[i] or ()) for i, left in beside], known,
            mode="text", text=[f"   {m:.3f}   " for m in means], showlegend=False,
            textposition=[f"middle {'left' if left else 'right'}" for _, left in beside],
            hoverinfo="skip",
        ),
    ]  # fmt: skip
    asked = [question_mark(sum(span) / 2, i, size=24) for i in range(len(names)) if i not in known]
    rows = axis("", **ticks(names), range=[len(names) - 0.5, -0.5])
    across = axis(BITS, range=[span[0] - room, span[1] + room])
    layout = {"height": 370, "legend": LEGEND_BELOW, "annotations": asked}
    return figure(data, layout | {"xaxis": across, "yaxis": rows})


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
