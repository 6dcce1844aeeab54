"""The figure of attention sinks."""

from collections.abc import Sequence

import numpy as np

from dashboard.figures.layout import Drawing, axis, figure, question_mark
from dashboard.figures.maps.attention_maps import token_label
from dashboard.figures.traces import bar, heat, ticks
from dashboard.palette import BLUE, ORANGE


def weights_and_costs(
    weights: np.ndarray, costs: np.ndarray | None, words: Sequence[str], marked: int
) -> Drawing:
    """Above: weight of each key (across) in each layer. Below: rise of the loss without it.

    weights: (L, K). costs: (K,) nats, None before they are known. words: K names. marked: the key
    whose bar has another colour.
    """
    layers, keys = weights.shape
    step = max(1, layers // 6)
    rows = list(range(0, layers, step))
    cells = heat(
        weights, "weight", max(0.1, float(weights.max())),
        hovertemplate="layer %{y}, key %{x}: %{z:.3f}<extra></extra>",
    )  # fmt: skip
    cells["colorbar"] = {**cells.get("colorbar", {}), "len": 0.52, "y": 0.74}
    shown = np.zeros(keys) if costs is None else costs
    bars = bar(
        list(range(keys)), shown.tolist(), yaxis="y2",
        color=[ORANGE if i == marked else BLUE for i in range(keys)],
        hovertemplate="without %{x}: %{y:+.3f} nats<extra></extra>",
    )  # fmt: skip
    low, top = min(-0.1, 1.15 * float(shown.min())), max(0.5, 1.15 * float(shown.max()))
    names = ticks([token_label(word) for word in words])
    layout = {
        "height": 400,
        "showlegend": False,
        "xaxis": axis(
            "key", standoff=12, range=[-0.5, keys - 0.5], anchor="y2", tickangle=-60, **names
        ),
        "yaxis": axis(
            "layer", domain=[0.5, 1], tickvals=rows, ticktext=[str(i + 1) for i in rows]
        ),
        "yaxis2": axis("change, nats", domain=[0, 0.4], range=[low, top]),
    }  # fmt: skip
    if costs is None:
        layout["annotations"] = [question_mark(0.5, 0.2, xref="paper", yref="paper")]
    return figure([cells, bars], layout)
