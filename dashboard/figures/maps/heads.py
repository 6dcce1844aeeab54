"""What heads and layers do: a head at work, the logit lens, the causal leak, sorted heads."""

from collections.abc import Sequence

import numpy as np

from dashboard.figures.layout import (
    LEGEND_ABOVE,
    Drawing,
    Spec,
    axis,
    cell_frame,
    figure,
    vertical_line,
)
from dashboard.figures.maps.attention_maps import token_label
from dashboard.figures.traces import bar, heat, line, ticks
from dashboard.palette import BLUE, FIGURE_FONT_SIZE, GREY, ORANGE


def repeats_map(
    attention: np.ndarray, tokens: Sequence[str], targets: Sequence[int], query: int
) -> Drawing:
    """The map of one head; framed are the keys where an induction head looks.

    attention: (T, T), tokens: T names. targets: the framed key of each query, -1 for none. The
    frame of the row `query` is thicker.
    """
    count = len(tokens)
    later = np.triu(np.ones((count, count), dtype=bool), 1)
    cells = heat(
        np.where(later, np.nan, attention), "weight", 1, hoverongaps=False,
        hovertemplate="%{y} looks at %{x}: %{z:.3f}<extra></extra>",
    )  # fmt: skip
    frames = []
    for i, j in enumerate(targets):
        if j >= 0:
            wide = (2 if i == query else 1) if count > 24 else (4 if i == query else 2)
            frames += cell_frame(j - 0.5, j + 0.5, i - 0.5, i + 0.5, wide)
    names = ticks([token_label(token) for token in tokens], most=32)
    plain = {"showgrid": False, "zeroline": False}
    layout = {
        "height": int(min(640, 160 + 18 * max(10, count))),
        "xaxis": axis("key: who is looked at", tickangle=-60, **plain, **names),
        "yaxis": axis("query: who looks", standoff=12, autorange="reversed", **plain, **names),
        "shapes": frames,
    }
    return figure([cells], layout)


def loss_by_word(
    loss: np.ndarray, without: np.ndarray, words: Sequence[str], off: str, repeated: Sequence[bool]
) -> Drawing:
    """The loss of each word of a text, as it is and with heads switched off.

    loss, without: (T,) in nats. words: the T words that were to be predicted. repeated: which of
    them only continue a repetition; their names are bold.
    """
    places = list(range(len(words)))
    names = [
        f"<b>{token_label(word)}</b>" if again else token_label(word)
        for word, again in zip(words, repeated, strict=True)
    ]
    data = [
        bar(places, values, name, colour, pattern, customdata=names,
            hovertemplate="%{customdata}: %{y:.3f} nats<extra></extra>")
        for name, values, colour, pattern in (
            ("as it is", loss, BLUE, ""), (off, without, ORANGE, "/"),
        )
    ]  # fmt: skip
    layout = {
        "height": 420,
        "legend": LEGEND_ABOVE,
        "xaxis": axis("word to predict", tickangle=-60, **ticks(names, most=32)),
        "yaxis": axis("loss, nats", rangemode="tozero"),
    }
    return figure(data, layout)


def lens_words(
    probability: np.ndarray, words: Sequence[Sequence[str]], tokens: Sequence[str]
) -> Drawing:
    """The best next word after each block, at each position.

    words: (L+1, T). probability: (L+1, T), the colours: of the word of the last row, in which the
    model's own answers are. tokens: the T words read.
    """
    count = len(tokens)
    named = {
        "text": [[token_label(w, 9 if count <= 16 else 5) for w in row] for row in words],
        "texttemplate": "%{text}" if count <= 18 else None,
        "textfont": {"size": FIGURE_FONT_SIZE},
        "xgap": 2,  # long words of neighbours stay apart
        "hovertemplate": "%{y}, after %{x}: predicts %{text}; probability of the final answer: "
        "%{z:.3f}<extra></extra>",
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
    stages = ["embedding", *(f"layer {i}" for i in range(1, layers))]
    layout = {
        "height": 200 + (46 if layers <= 14 else 18) * layers,
        "xaxis": across,
        "yaxis": axis("output read after", tickangle=0, **ticks(stages)),
    }
    # The figure's heading says what the colours are: a title of the bar would narrow the cells.
    return figure([heat(probability, "", 1, **named)], layout)


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
    least: float = 0,
) -> Drawing:
    """One bar for each head, the largest first. values: (L, H).

    beside: the same for the untrained model. A line marks the value expected by chance. least: the
    upward axis reaches at least so far, so that small values look small.
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
        "yaxis": axis(title) | ({"autorangeoptions": {"include": least}} if least else {}),
    }
    return figure(data, layout)
