"""The figures of the decoding page: a step's distribution, quality curves, cache and timings."""

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from dashboard.figures.layout import LEGEND_BELOW, Drawing, Spec, axis, figure
from dashboard.figures.maps.attention_maps import token_label
from dashboard.figures.traces import bar, heat, line, scatter, ticks
from dashboard.palette import BLUE, FIGURE_FONT_SIZE, GREEN, GREY, ORANGE, PURPLE

CURVE, GAP, AROUND = 210, 96, 164  # pixels: of a curve, above it, and around a figure's axes
MOST_POINTS = 400
MOST_MARKED = 40  # points with markers; of more, only the line is drawn, which is faster


def step_bars(
    words: Sequence[str],
    before: np.ndarray,
    after: np.ndarray,
    cumulative: np.ndarray,
    chosen: int,
    mass: float | None,
) -> Drawing:
    """The most probable words of one step, largest on top; every array has one entry for each word.

    before: the model's probabilities; after: after the filter, 0 where a word was removed;
    cumulative: the sum of probabilities down to each word, temperature applied; mass: p, drawn as
    a line. chosen: the row of the selected token.
    """
    rows = list(range(len(words)))
    names = [f"▶ {token_label(w)}" if i == chosen else token_label(w) for i, w in enumerate(words)]
    colors = [ORANGE if i == chosen else BLUE for i in rows]
    data = [
        bar(
            before, rows, "model", GREY, "/", orientation="h",
            hovertemplate="before: %{x:.4f}<extra></extra>",
        ),
        bar(
            after, rows, "after the filter", colors, orientation="h",
            hovertemplate="after: %{x:.4f}<extra></extra>",
        ),
        line(
            cumulative, rows, "cumulative", PURPLE, mode="lines+markers", xaxis="x2",
            hovertemplate="cumulative: %{x:.4f}<extra></extra>",
        ),
    ]  # fmt: skip
    if mass is not None:
        ends = [-0.5, len(rows) - 0.5]
        data.append(line([mass, mass], ends, f"p = {mass:g}", PURPLE, dash="dash", xaxis="x2"))
    layout = {
        "height": 200 + 36 * len(rows),
        "bargap": 0.25,
        "legend": LEGEND_BELOW,
        "xaxis": axis("probability", range=[0, 1.05 * max(before.max(), after.max())]),
        "xaxis2": axis(
            "cumulative", overlaying="x", side="top", range=[0, 1.03], tickvals=[0, 0.5, 1],
            showgrid=False,
        ),
        "yaxis": ticks(names) | {"autorange": "reversed"},
    }  # fmt: skip
    return figure(data, layout)


def with_vocabulary(bars: Drawing, before: np.ndarray, after: np.ndarray, rank: int) -> Drawing:
    """`bars`, and below them the whole vocabulary on logarithmic axes; one figure draws faster.

    before, after: (V,) probabilities by rank, before and after the filter. rank: of the selected
    token, from 1. The curves have the names and colours of the bars.
    """
    ranks = _thinned(len(before))
    left = ranks[after[ranks - 1] > 0]
    below: Spec = {"xaxis": "x3", "yaxis": "y3", "showlegend": False}
    mode = "lines" if len(left) > MOST_MARKED else "lines+markers"
    diamond = {"color": ORANGE, "size": 13, "symbol": "diamond"}
    data = [
        line(ranks, before[ranks - 1], "model", GREY, dash="dot", **below),
        line(
            left, after[left - 1], "after the filter", BLUE, 3, mode=mode, marker={"size": 5},
            **below,
        ),
        scatter([rank], [before[rank - 1]], "taken", marker=diamond, **below),
    ]  # fmt: skip
    layout = bars.spec["layout"]
    curve = CURVE / (layout["height"] - AROUND + GAP + CURVE)
    gap = curve * GAP / CURVE
    return figure(
        bars.spec["data"] + data,
        layout
        | {
            "height": layout["height"] + GAP + CURVE,
            "yaxis": layout["yaxis"] | {"domain": [curve + gap, 1]},
            "xaxis3": axis("rank in the whole vocabulary", type="log", dtick=1, anchor="y3"),
            "yaxis3": axis(
                "probability", type="log", exponentformat="power", dtick=2, domain=[0, curve],
                anchor="x3",
            ),
        },
    )  # fmt: skip


@cache
def _thinned(count: int) -> np.ndarray:
    """Whole numbers from 1 to count, evenly spread on a logarithmic axis, at most 400."""
    return np.unique(np.rint(np.geomspace(1, count, MOST_POINTS)).astype(int))


def step_attention(weights: np.ndarray, tokens: Sequence[str]) -> Drawing:
    """The attention of one token; weights: (L, H, T), tokens: the T texts that it can attend to."""
    layers, heads, _ = weights.shape
    rows = [f"layer {a + 1}, head {b + 1}" for a in range(layers) for b in range(heads)]
    first = max(0, len(tokens) - 40)
    names = [token_label(token) for token in tokens[first:]]
    z = weights.reshape(layers * heads, -1)[:, first:].astype(np.float32)
    layout = {
        "height": 160 + 24 * len(rows),
        "xaxis": ticks(names) | {"tickangle": -60},
        "yaxis": ticks(rows) | {"autorange": "reversed"},
    }
    hover = "%{y}, %{x}: %{z:.3f}<extra></extra>"
    return figure([heat(z, "weight", None, hovertemplate=hover)], layout)


def quality_curves(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float], Sequence[str]]],
    human: tuple[float, float],
) -> Drawing:
    """Quality against diversity: curves name -> (diversity, quality, setting of each point)."""
    data = []
    looks = (
        (BLUE, "circle", "bottom center", "top right"),
        (GREEN, "square", "top right", "bottom left"),
    )
    for (name, (x, y, settings)), (colour, symbol, first, last) in zip(
        curves.items(), looks, strict=False
    ):
        named = [s if i in (0, len(settings) - 1) else "" for i, s in enumerate(settings)]
        data.append(line(
            x, y, name, colour, mode="lines+markers+text", text=named, customdata=settings,
            textposition=[first] * (len(x) - 1) + [last], marker={"size": 10, "symbol": symbol},
            hovertemplate="%{customdata}: distinct-2 %{x:.3f}, log P %{y:.2f}<extra></extra>",
        ))  # fmt: skip
    star = {"symbol": "star", "size": 20, "color": ORANGE}
    data.append(scatter([human[0]], [human[1]], "people", marker=star))
    layout = {
        "height": 460,
        "legend": LEGEND_BELOW,
        "xaxis": axis("diversity: distinct-2", range=[-0.1, 1.05]),
        "yaxis": axis("mean log-probability of a word, nats"),
    }
    return figure(data, layout)


def cache_picture(steps: int, made: int, cached: bool) -> Drawing:
    """Which keys and values are computed at each of the first `made` of `steps` steps.

    Rows are steps, columns are tokens.
    """
    z = np.full((steps, steps), np.nan, dtype=np.float32)
    text = np.full((steps, steps), "", dtype=object)
    for row in range(made):
        z[row, : row + 1] = 0 if cached else 1
        text[row, : row + 1] = "kept" if cached else "new"
        z[row, row], text[row, row] = 1, "new"
    cells = heat(
        z, "", 1, text=text, texttemplate="%{text}", xgap=2, ygap=2, showscale=False,
        colorscale=[[0, BLUE], [1, ORANGE]], hoverinfo="skip",
        textfont={"size": FIGURE_FONT_SIZE, "color": "#ffffff"},
    )  # fmt: skip
    numbered = ticks(range(1, steps + 1))
    layout = {
        "height": 360,
        "xaxis": axis("keys and values of token", **numbered),
        "yaxis": axis("step", autorange="reversed", **numbered),
    }
    return figure([cells], layout)


def time_per_token(
    lengths: Sequence[int],
    times: Mapping[str, Sequence[float]],
    fits: Mapping[str, Sequence[float]],
) -> Drawing:
    """Measured milliseconds a token against the length of the text, with the fitted lines."""
    data = []
    for (name, y), colour, symbol in zip(
        times.items(), (ORANGE, BLUE), ("circle", "square"), strict=False
    ):
        marker = {"color": colour, "symbol": symbol, "size": 9}
        data.append(scatter(lengths, y, name, marker=marker))
        data.append(line(lengths, fits[name], f"fit, {name}", colour))
    layout = {
        "height": 420,
        "legend": LEGEND_BELOW,
        "xaxis": axis("tokens in the text"),
        "yaxis": axis("ms for the next token", rangemode="tozero"),
    }
    return figure(data, layout)
