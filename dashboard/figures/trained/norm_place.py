"""LayerNorm before or after the block: gradients by block, and loss by number of layers."""

from collections.abc import Mapping, Sequence

from dashboard.figures.layout import LEGEND_ABOVE, Drawing, Spec, axis, figure, question_mark
from dashboard.figures.traces import line, ring, scatter
from dashboard.palette import BLUE, GREEN, GREY, ORANGE

LOOKS = ((BLUE, "solid", "circle"), (ORANGE, "dash", "diamond"), (GREEN, "dot", "square"))
LOWER = {"xaxis": "x2", "yaxis": "y2"}


def gradients_and_losses(
    norms: Mapping[str, Sequence[float]],
    most: float,
    losses: Mapping[str, Mapping[int, Sequence[float]]],
    frequencies: float,
    depths: Sequence[int],
    selected: tuple[str, str, int],
) -> Drawing:
    """Above, the gradient's norm in each block; below, the loss against the number of layers.

    norms: place -> one for each block; most: of this axis. losses: recipe -> layers -> seeds, {}
    for a question mark. frequencies: of a model that knows only how often each word occurs.
    selected: the place of LayerNorm, the recipe and the number of layers.
    """
    position, recipe, layers = selected
    names = [str(depth) for depth in depths]
    data: list[Spec] = [
        line(
            list(range(1, layers + 1)), list(values), name, colour, 4 if name == position else 1.5,
            dash, mode="lines+markers", legendgroup=name,
            marker={"symbol": symbol, "size": 10 if name == position else 5},
        )
        for (name, values), (colour, dash, symbol) in zip(norms.items(), LOOKS, strict=False)
    ]  # fmt: skip
    data.append(line(names, [frequencies] * len(names), color=GREY, width=2, dash="dot",
                     hoverinfo="skip", showlegend=False, **LOWER))  # fmt: skip
    lower: Spec = {"xref": "x2", "yref": "y2"}
    notes = [{"x": 0, "y": frequencies, "text": "word frequencies alone", "yshift": -12,
              "xanchor": "left", "showarrow": False, "font": {"color": GREY}} | lower]  # fmt: skip
    if not losses:
        notes.append(question_mark(len(names) // 2, 2.2, **lower))
    for (name, losses_of), (colour, dash, symbol) in zip(losses.items(), LOOKS, strict=False):
        means = [sum(losses_of[depth]) / len(losses_of[depth]) for depth in depths]
        across = [str(depth) for depth in depths for _ in losses_of[depth]]
        seeds = [loss for depth in depths for loss in losses_of[depth]]
        alike = {"legendgroup": name, **LOWER}
        data.append(
            line(names, means, name, colour, 3, dash, showlegend=name not in norms, **alike)
        )
        data.append(scatter(across, seeds, name, showlegend=False, **alike,
                            marker={"size": 9, "symbol": symbol, "color": colour}))  # fmt: skip
    if losses:
        mean = sum(losses[recipe][layers]) / len(losses[recipe][layers])
        data.append(ring([str(layers)], [mean], **LOWER))
    few = layers <= 12
    layout = {
        "xaxis": axis("block", range=[0.5, layers + 0.5], anchor="y",
                      dtick=1 if few else 4, tick0=1 if few else 0),
        "yaxis": axis("‖∂L/∂W‖", range=[0, most], domain=[0.66, 1]),
        "xaxis2": axis("layers L", type="category", anchor="y2"),
        "yaxis2": axis("loss, nats", range=[0.6, frequencies + 0.7], domain=[0, 0.4]),
        "height": 410, "legend": LEGEND_ABOVE, "annotations": notes,
    }  # fmt: skip
    return figure(data, layout)
