"""One large head or many small ones: accuracy by the number of heads, and where they look."""

from collections.abc import Mapping, Sequence

import numpy as np

from dashboard.figures.layout import LEGEND_ABOVE, Drawing, axis, figure, question_mark
from dashboard.figures.traces import heat, line, scatter
from dashboard.palette import BLUE, GREY, ORANGE


def accuracies(by_heads: Mapping[int, Sequence[float]], chance: float) -> Drawing:
    """A dot for each seed and a line through the means; {}: a question mark. chance: of a guess."""
    names = [str(heads) for heads in by_heads] or ["1", "2", "4", "8", "16"]
    data = [line(names, [chance] * len(names), "guessing", GREY, 2, "dot", hoverinfo="skip")]
    layout = {
        "xaxis": axis("heads H", type="category"),
        "yaxis": axis("accuracy", range=[0, 1.1], tickformat=".0%"),
        "height": 220 if by_heads else 340, "legend": LEGEND_ABOVE,
    }  # fmt: skip
    if not by_heads:
        return figure(data, layout | {"annotations": [question_mark(len(names) // 2, 0.55)]})
    means = [float(np.mean(values)) for values in by_heads.values()]
    marker = {"size": 11, "symbol": "diamond", "color": ORANGE}
    data.append(line(names, means, "mean", BLUE, 3))
    data.append(
        scatter([n for n, v in zip(names, by_heads.values(), strict=True) for _ in v],
                [one for values in by_heads.values() for one in values], "one seed", marker=marker)
    )  # fmt: skip
    return figure(data, layout)


def rows(weights: np.ndarray, places: Sequence[int]) -> Drawing:
    """(H, T), the attention of each head's last row; places: from 0, marked above."""
    H, T = weights.shape
    names = [str(h) for h in range(1, H + 1)]
    data = [
        heat(weights, "weight", 1.0, x=np.arange(1, T + 1), y=np.arange(1, H + 1)),
        scatter([p + 1 for p in places], [0.35] * len(places), "asked for", showlegend=False,
                marker={"size": 12, "symbol": "triangle-down", "color": ORANGE},
                cliponaxis=False, hoverinfo="skip"),
    ]  # fmt: skip
    every = range(1, H + 1) if H <= 8 else range(1, H + 1, 5)
    layout = {
        "xaxis": axis("place in the text", dtick=1),
        "yaxis": axis("head", range=[H + 0.5, 0.2], tickvals=list(every),
                      ticktext=[names[h - 1] for h in every]),
        "height": 220,
    }  # fmt: skip
    return figure(data, layout)
