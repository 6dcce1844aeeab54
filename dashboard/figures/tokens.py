"""The figures on tokens: pairs of neighbours, and vocabularies of words and of byte pairs."""

from collections.abc import Sequence

from dashboard.figures.layout import (
    LEGEND_BELOW,
    Drawing,
    axis,
    figure,
    literal,
    question_mark,
    vertical_line,
)
from dashboard.figures.traces import bar, line, ticks
from dashboard.palette import BLUE, GREY, ORANGE


def pair_bars(pairs: Sequence[tuple[str, int]]) -> Drawing:
    """How often each pair occurs, the first one marked: it is merged next."""
    names = [literal(name) for name, _ in pairs]
    counts = [count for _, count in pairs]
    bars = bar(
        counts, list(range(len(pairs))), color=[ORANGE] + [GREY] * (len(pairs) - 1),
        orientation="h", text=counts, textposition="auto", textangle=0, hoverinfo="skip",
    )  # fmt: skip
    layout = {
        "height": 300,
        "showlegend": False,
        "xaxis": axis("times in the text", rangemode="tozero"),
        "yaxis": axis("", autorange="reversed", **ticks(names)),
    }
    return figure([bars], layout)


def loss_bars(
    words: Sequence[str], nats: Sequence[float], marked: int, mean: float | None
) -> Drawing:
    """The loss of each word (down) in nats, one word marked; the mean as a line, unless None."""
    bars = bar(
        list(nats), list(range(len(words))), orientation="h",
        color=[ORANGE if t == marked else BLUE for t in range(len(words))],
    )  # fmt: skip
    line_ = {"color": GREY, "dash": "dash", "width": 3}
    layout = {
        "height": 360,
        "showlegend": False,
        "xaxis": axis("−ln p, nats", range=[0, 9]),
        "yaxis": axis("", autorange="reversed", **ticks([literal(word) for word in words])),
        "shapes": [] if mean is None else [vertical_line(mean, line_)],
    }
    return figure([bars], layout)


def vocabulary_curves(
    sizes: Sequence[int], unknown: Sequence[float], tokens: Sequence[float], known: bool
) -> Drawing:
    """Above: unknown words with whole words and with byte pairs. Below: tokens per word.

    sizes: of the vocabulary; unknown, tokens: one for each. known: false shows the axes and a
    question mark.
    """
    shown = len(sizes) if known else 0
    look = {"mode": "lines+markers"}
    x = list(sizes[:shown])
    data = [
        line(x, list(unknown[:shown]), "whole words", ORANGE, 3, "dash", **look),
        line(x, [0.0] * shown, "byte pairs", BLUE, 3, **look),
        line(x, list(tokens[:shown]), color=BLUE, width=3, yaxis="y2", showlegend=False, **look),
        line(x, [1.0] * shown, color=ORANGE, width=3, dash="dash", yaxis="y2", showlegend=False),
    ]
    layout = {
        "height": 430,
        "legend": LEGEND_BELOW,
        "xaxis": axis("tokens in the vocabulary", range=[0, 1.03 * sizes[-1]], anchor="y2"),
        "yaxis": axis(
            "unknown", tickformat=".0%", range=[-0.02, 1.1 * max(unknown)], domain=[0.56, 1]
        ),
        "yaxis2": axis("tokens a word", range=[0, 1.1 * max(tokens)], domain=[0, 0.44]),
    }  # fmt: skip
    if not known:
        layout["annotations"] = [question_mark(0.5, 0.8, xref="paper", yref="paper")]
    return figure(data, layout)
