"""The histogram of a poll."""

from collections.abc import Mapping
from textwrap import wrap

from dashboard.figures.layout import Drawing, axis, literal, quick
from dashboard.palette import BLUE, GREEN

_LETTERS_A_LINE = 34


def poll_bars(counts: Mapping[str, int], right: str | None = None) -> Drawing:
    """Answers and how often each was given, first on top; `right` is set apart once revealed."""
    labels = [
        "<br>".join(map(literal, wrap(("✓ " if text == right else "") + text, _LETTERS_A_LINE)))
        for text in counts
    ]
    bars = {
        "type": "bar",
        "x": list(counts.values()),
        "y": labels,
        "orientation": "h",
        "text": list(counts.values()),
        "textposition": "outside",
        "cliponaxis": False,
        "marker": {
            "color": [GREEN if text == right else BLUE for text in counts],
            "pattern": {
                "shape": ["/" if text == right else "" for text in counts],
                "fillmode": "overlay",
                "fgopacity": 0.4,
            },
        },
    }
    most = max(counts.values(), default=0)
    lines = sum(label.count("<br>") + 1 for label in labels)
    whole = {"dtick": 1} if most < 8 else {}
    layout = {
        "height": 90 + 34 * lines + 14 * len(labels),
        "margin": {"t": 10},
        "xaxis": axis("answers", range=[0, max(1, most) * 1.08], **whole),
        "yaxis": {"autorange": "reversed", "automargin": True},
    }
    return quick([bars], layout)
