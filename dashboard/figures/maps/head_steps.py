"""One step of an attention head as a heatmap with its numbers."""

from collections.abc import Sequence

import numpy as np

from dashboard.figures.layout import LEGEND_ABOVE, Drawing, Spec, axis, cell_frame, figure
from dashboard.figures.maps.attention_maps import brightest, token_label
from dashboard.figures.traces import bar, heat, ticks
from dashboard.palette import BLUE, ORANGE

MOST_NUMBERS = 200  # cells; larger matrices show no numbers
EVERY, FEW = 24, 12  # labels of an axis: as many as tokens, or some of them


def step_matrix(
    values: np.ndarray,
    rows: str,
    columns: str,
    tokens: Sequence[str],
    query: int | None = None,
    key: int | None = None,
) -> Drawing:
    """values: (R, C), −∞ for a masked score and NaN for the weight 0 that it gets; neither is
    coloured. rows and columns: the names of the axes; one that counts tokens shows their texts. The
    row of the chosen query and the chosen cell are framed. Colours end at the `brightest` cell."""
    values = np.asarray(values, dtype=np.float32)
    masked = ~np.isfinite(values)
    finite = np.where(masked, np.nan, values)
    signed = bool(np.nanmin(np.append(finite, 0.0)) < 0)
    span = brightest(finite)
    hover = "row %{y}, column %{x}: %{z:.4f}<extra></extra>"
    cells = heat(finite, "value", span, signed=signed, hovertemplate=hover, hoverongaps=False)
    if values.size <= MOST_NUMBERS:
        rounded = np.round(np.where(masked, 0, values), 2) + 0.0  # no −0.00
        text = np.char.replace(np.char.mod("%.2f", rounded), "-", "−")
        text[masked] = ""
        cells |= {"text": text, "texttemplate": "%{text}"}
    data = [cells]
    if values.size <= MOST_NUMBERS and masked.any():
        down, across = masked.nonzero()
        zero = np.where(np.isnan(values), "0", "−∞")[masked]  # in the page's colour of text
        data.append({"type": "scatter", "mode": "text", "x": across, "y": down, "text": zero,
                     "hoverinfo": "skip", "showlegend": False})  # fmt: skip
    frames = []
    if query is not None:
        thick = 1 if max(values.shape) > 20 else 2  # a thick frame would cover thin cells
        frames += cell_frame(-0.5, values.shape[1] - 0.5, query - 0.5, query + 0.5, thick)
        if key is not None:
            frames += cell_frame(key - 0.5, key + 0.5, query - 0.5, query + 0.5, 2 * thick)
    plain = {"showgrid": False, "zeroline": False}
    axis_across = _counting(columns, values.shape[1], tokens, FEW)
    most = EVERY if len(tokens) <= EVERY else FEW  # each label takes time to draw
    axis_down = _counting(rows, values.shape[0], tokens, most)
    layout = {
        "height": int(min(560, 200 + 22 * max(8, values.shape[0]))),
        "xaxis": axis_across | {"tickangle": -60 if "token" in columns else 0} | plain,
        "yaxis": axis_down | {"autorange": "reversed"} | plain,
        "shapes": frames,
    }
    return figure(data, layout)


def _counting(name: str, count: int, tokens: Sequence[str], most: int) -> Spec:
    """The axis of that name; one that counts tokens shows at most `most` of their texts."""
    if "token" not in name or count != len(tokens):
        return axis(name)
    return axis(name, standoff=12, **ticks([token_label(token) for token in tokens], most))


def product_bars(q: np.ndarray, k: np.ndarray) -> Drawing:
    """q_f · k_f feature by feature; the sum of the bars is the score. q, k: (n,)."""
    product = np.asarray(q) * np.asarray(k)
    bars = bar(
        np.arange(1, len(product) + 1),
        product,
        color=np.where(product >= 0, BLUE, ORANGE).tolist(),
        customdata=np.stack([q, k], 1),
        hovertemplate="feature %{x}: %{customdata[0]:.3f} × %{customdata[1]:.3f} = "
        "%{y:.4f}<extra></extra>",
    )
    axes = {
        "xaxis": axis("feature of the head"),
        "yaxis": axis("query feature × key feature"),
    }
    return figure([bars], {"height": 300, **axes})


def before_after(
    labels: Sequence[str],
    before: np.ndarray,
    after: np.ndarray,
    changed: str = "changed",
    quantity: str = "probability",
) -> Drawing:
    """Probabilities before and after a change, side by side; the first label on top."""
    places, names = list(range(len(labels))), [token_label(label) for label in labels]
    data = [
        bar(
            values, places, name, colour, pattern, orientation="h", customdata=names,
            hovertemplate="%{customdata}: %{x:.4f}<extra></extra>",
        )
        for name, values, colour, pattern in (
            ("as it is", before, BLUE, ""),
            (changed, after, ORANGE, "/"),
        )
    ]  # fmt: skip
    layout = {
        "height": 140 + 22 * len(labels),
        "legend": LEGEND_ABOVE,
        "xaxis": axis(quantity, rangemode="tozero"),
        "yaxis": ticks(names) | {"autorange": "reversed"},
    }
    return figure(data, layout)
