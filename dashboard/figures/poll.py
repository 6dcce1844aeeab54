"""The histogram of a poll."""

from collections.abc import Mapping
from textwrap import wrap

from dashboard.figures.layout import Drawing, axis, figure, literal
from dashboard.figures.traces import bar
from dashboard.palette import BLUE, GREEN

_LETTERS_A_LINE = 34


def poll_bars(counts: Mapping[str, int], right: str | None = None) -> Drawing:
    """The count of each answer, first on top; `right`: the answer to mark, once it is revealed."""
    labels = [
        "<br>".join(map(literal, wrap(("✓ " if text == right else "") + text, _LETTERS_A_LINE)))
        for text in counts
    ]
    numbers = list(counts.values())
    hatched = ["/" if text == right else "" for text in counts]
    marker = {
        "color": [GREEN if text == right else BLUE for text in counts],
        "pattern": {"shape": hatched, "fillmode": "overlay", "fgopacity": 0.4},
    }
    bars = bar(
        numbers, labels, orientation="h", marker=marker, text=numbers, textposition="outside",
        cliponaxis=False,
    )  # fmt: skip
    most = max(counts.values(), default=0)
    lines = sum(label.count("<br>") + 1 for label in labels)
    whole = {"dtick": 1} if most < 8 else {}
    layout = {
        "height": 90 + 34 * lines + 14 * len(labels),
        "margin": {"t": 10},
        "xaxis": axis("answers", range=[0, max(1, most) * 1.08], **whole),
        "yaxis": {"autorange": "reversed", "automargin": True},
    }
    return figure([bars], layout)
