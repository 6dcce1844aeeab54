"""What heads and layers do: the logit lens, the causal leak, heads sorted by a score."""

from collections.abc import Sequence

import numpy as np

from dashboard.figures.layout import LEGEND_ABOVE, Drawing, Spec, axis, figure, vertical_line
from dashboard.figures.maps.attention_maps import token_label
from dashboard.figures.traces import bar, heat, line, ticks
from dashboard.palette import BLUE, GREY, ORANGE


def lens_words(
    probability: np.ndarray, words: Sequence[Sequence[str]], tokens: Sequence[str]
) -> Drawing:
    """The best next word after each block, at each position.

    probability: (L+1, T) of that word, words: the same shape, tokens: the T words read.
    """
    count = len(tokens)
    named = {
        "text": [[token_label(w, 9) for w in row] for row in words],
        "texttemplate": "%{text}" if count <= 16 else None,
        "hovertemplate": "%{y}, after %{x}: %{text} (%{z:.3f})<extra></extra>",
    }
    across = axis("token read", **ticks([token_label(token) for token in tokens], most=32))
    return _lens(probability, named, across)


def lens_classes(probability: np.ndarray, classes: Sequence[str]) -> Drawing:
    """The probability of every class after each block. probability: (L+1, classes)."""
    named = {
        "text": np.char.mod("%.2f", probability),
        "texttemplate": "%{text}",
        "hovertemplate": "%{y}, %{x}: %{z:.4f}<extra></extra>",
    }
    return _lens(probability, named, axis("class", **ticks([token_label(c) for c in classes])))


def _lens(probability: np.ndarray, named: Spec, across: Spec) -> Drawing:
    """A row for each of the L+1 entries of the residual stream; named: text of cells and hovers."""
    layers = len(probability)
    layout = {
        "height": 200 + 46 * layers,
        "xaxis": across,
        "yaxis": axis("stopped after", tickangle=0, **ticks(stages(layers))),
    }
    return figure([heat(probability, "probability", 1, **named)], layout)


def stages(count: int) -> list[str]:
    """Names of the L+1 entries of the residual stream."""
    return ["embedding", *(f"layer {i}" for i in range(1, count))]


def change_by_position(
    own: np.ndarray, without_mask: np.ndarray, tokens: Sequence[str], at: int
) -> Drawing:
    """The largest change of a logit at each position after the token `at` was changed, with the
    causal mask and without. own, without_mask: (T,)."""
    places = list(range(len(tokens)))
    data = [
        bar(places, own, "causal mask", BLUE),
        bar(places, without_mask, "no mask", ORANGE, "/"),
    ]
    layout = {
        "height": 380,
        "legend": LEGEND_ABOVE,
        "xaxis": axis("position", **ticks([token_label(token) for token in tokens], most=32)),
        "yaxis": axis("largest change of a logit"),
        "shapes": [vertical_line(at - 0.5, {"dash": "dash"})],
    }
    return figure(data, layout)


def sorted_heads(
    values: np.ndarray,
    title: str,
    chance: float | None = None,
    beside: np.ndarray | None = None,
) -> Drawing:
    """One bar for each head, the largest first. values: (L, H).

    beside: the same for the untrained model. A line marks the value expected by chance.
    """
    layers, heads = values.shape
    names = [f"{layer + 1}.{head + 1}" for layer in range(layers) for head in range(heads)]
    order = np.argsort(-values.ravel(), kind="stable")
    shown = [names[i] for i in order]
    data = [
        bar(
            shown, series.ravel()[order], name, colour, pattern,
            hovertemplate="layer.head %{x}: %{y:.4f}",
        )
        for name, series, colour, pattern in (
            ("this model", values, BLUE, ""),
            ("random weights", beside, GREY, "/"),
        )
        if series is not None
    ]  # fmt: skip
    if chance is not None:
        ends, level = [shown[0], shown[-1]], [chance, chance]
        data.append(line(ends, level, f"chance {chance:.3f}", ORANGE, 3, "dash"))
    layout = {
        "height": 380,
        "legend": LEGEND_ABOVE,
        "showlegend": chance is not None,
        "xaxis": axis("layer.head, largest first", type="category"),
        "yaxis": axis(title),
    }
    return figure(data, layout)
