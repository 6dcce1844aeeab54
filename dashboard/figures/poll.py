"""Answers of a class: the histogram of a poll, and the gain of its short tests."""

import re
from collections.abc import Mapping, Sequence
from textwrap import wrap

from dashboard.figures.layout import LEGEND_ABOVE, Drawing, axis, figure, literal
from dashboard.figures.traces import bar, line, scatter
from dashboard.palette import BLUE, GREEN, GREY

_LETTERS_A_LINE = 34
_INDEX = re.compile(r"(?<!\w)([Wxhyφ])_(\w+)(?:\^(\w+))?")


def poll_bars(counts: Mapping[str, int], right: str | None = None) -> Drawing:
    """The count of each answer, first on top; `right`: the answer to mark, once it is revealed."""
    labels = [
        "<br>".join(map(_lowered, wrap(("✓ " if text == right else "") + text, _LETTERS_A_LINE)))
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
    ticks = {"dtick": 1} if most < 8 else {}
    layout = {
        "height": 90 + 34 * lines + 14 * len(labels),
        "margin": {"t": 10},
        "xaxis": axis("answers", range=[0, max(1, most) * 1.08], **ticks),
        "yaxis": {"autorange": "reversed", "automargin": True},
    }
    return figure([bars], layout)


def _lowered(text: str) -> str:
    """An answer, shown literally, but with the index of W_h^2 lowered and its power raised."""
    return _INDEX.sub(_set, literal(text))


def _set(match: re.Match[str]) -> str:
    letter, index, power = match.groups()
    return f"{letter}<sub>{index}</sub>" + (f"<sup>{power}</sup>" if power else "")


def gain_intervals(
    names: Sequence[str],
    gains: Sequence[float],
    intervals: Sequence[tuple[float, float] | None],
    students: Sequence[Sequence[float]],
) -> Drawing:
    """The normalised gain of a class in each row with its interval, and of each student behind it.

    names: the rows, first on top; intervals: (low, high), or None where there is none.
    """
    pairs = list(zip(names, students, strict=True))
    each = scatter(
        [gain for _, row in pairs for gain in row], [name for name, row in pairs for _ in row],
        "one student", marker={"color": GREY, "size": 11, "opacity": 0.45},
    )  # fmt: skip
    ends = [end or (gain, gain) for end, gain in zip(intervals, gains, strict=True)]
    bars = [
        line(list(end), [name, name], color=BLUE, width=4, showlegend=False, hoverinfo="skip")
        for name, end in zip(names, ends, strict=True)
    ]
    mean = scatter(
        list(gains), list(names), "the class, with its 95% interval",
        marker={"color": BLUE, "size": 16, "symbol": "diamond"},
    )  # fmt: skip
    layout = {
        "height": 150 + 46 * len(names),
        "xaxis": axis("normalised gain", zeroline=True),
        "yaxis": {
            "type": "category", "categoryorder": "array", "categoryarray": list(names),
            "autorange": "reversed", "automargin": True,
        },
        "legend": LEGEND_ABOVE,
    }  # fmt: skip
    return figure([each, *bars, mean], layout)
