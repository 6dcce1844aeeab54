"""The figures of the decoding page: a step's distribution, quality curves, cache and timings."""

from collections.abc import Mapping, Sequence
from functools import cache
from textwrap import wrap

import numpy as np

from core.linear_rnn.spectrum import with_minus
from dashboard.figures.layout import (
    LEGEND_BELOW,
    Drawing,
    Spec,
    axis,
    figure,
    horizontal_line,
    log_axis,
    vertical_line,
)
from dashboard.figures.maps.attention_maps import token_label
from dashboard.figures.traces import bar, heat, line, scatter, ticks
from dashboard.palette import BLUE, FIGURE_FONT_SIZE, GREEN, GREY, ORANGE, PURPLE

CURVE, GAP, AROUND = 210, 96, 164  # pixels: of a curve, above it, and around a figure's axes
MOST_POINTS = 400
MOST_HEADS = 64  # beyond which a row is a layer
MOST_MARKED = 40  # points with markers; of more, only the line is drawn, which is faster


def step_bars(
    words: Sequence[str],
    before: np.ndarray,
    after: np.ndarray,
    cumulative: np.ndarray,
    selected: int,
    mass: float | None,
) -> Drawing:
    """The most probable words of one step, largest on top; every array has one entry for each word.

    before: the model's probabilities; after: after the filter, 0 where a word was removed;
    cumulative: the sum of probabilities down to each word, temperature applied; mass: p, drawn as
    a line. selected: the row of the selected token.
    """
    rows = list(range(len(words)))
    names = [
        f"▶ {token_label(w)}" if i == selected else token_label(w) for i, w in enumerate(words)
    ]
    colors = [ORANGE if i == selected else BLUE for i in rows]
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
    """The attention of one token; weights: (L, H, T), tokens: the T texts that it can attend to.

    With more than MOST_HEADS heads a row is a layer, the mean of its heads.
    """
    layers, heads, _ = weights.shape
    rows = [f"{a + 1}.{b + 1}" for a in range(layers) for b in range(heads)]
    if layers * heads > MOST_HEADS:
        weights, heads = weights.mean(1, keepdims=True), 1
        rows = [f"layer {a + 1}" for a in range(layers)]
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
    human: tuple[float, float] | None,
) -> Drawing:
    """Log-probability against diversity: curves name -> (diversity, log P, setting of each point).

    human: text by people; a line across marks how probable the model finds it. None: not shown.
    """
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
            x, y, name, colour, 3, mode="lines+markers+text", text=named, customdata=settings,
            textposition=[first] * (len(x) - 1) + [last], marker={"size": 11, "symbol": symbol},
            cliponaxis=False,
            hovertemplate="%{customdata}: different pairs %{x:.3f}, log P %{y:.2f}<extra></extra>",
        ))  # fmt: skip
    layout: Spec = {
        "height": 400,
        "legend": LEGEND_BELOW,
        "xaxis": axis("diversity: share of different word pairs", range=[-0.1, 1.05]),
        "yaxis": axis("mean log P of a word, nats"),
    }
    if human is not None:
        star = {"symbol": "star", "size": 24, "color": ORANGE}
        data.append(scatter(
            [human[0]], [human[1]], "text by people", marker=star, mode="markers+text",
            text=[with_minus(f"people: {human[1]:.2f}")], textposition="bottom left",
        ))  # fmt: skip
        layout["shapes"] = [
            horizontal_line(human[1], {"color": ORANGE, "width": 2, "dash": "dash"})
        ]
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
    mark: int | None = None,
    shown: int | None = None,
) -> Drawing:
    """Measured milliseconds for a token against the length of the text, on a logarithmic axis.

    times: name of a curve -> one for each length. mark: a length to mark. shown: how many of the
    curves are drawn; the axes fit all.
    """
    looks = ((ORANGE, "circle"), (PURPLE, "diamond"), (BLUE, "square"), (GREEN, "triangle-up"))
    data = [
        line(
            lengths, y, name, colour, 3, mode="lines+markers",
            marker={"size": 10, "symbol": symbol},
            hovertemplate="%{x} tokens: %{y:.3g} ms<extra></extra>",
        )
        for (name, y), (colour, symbol) in zip(list(times.items())[:shown], looks, strict=False)
    ]  # fmt: skip
    powers = np.log10([min(map(min, times.values())), max(map(max, times.values()))])
    layout = {
        "height": 370,
        "legend": LEGEND_BELOW,
        "xaxis": axis("tokens in the text, T", rangemode="tozero"),
        "yaxis": log_axis("ms", float(powers[0]) - 0.2, float(powers[1]) + 0.2),
    }
    if mark is not None:
        layout["shapes"] = [vertical_line(mark, {"color": GREY, "width": 2, "dash": "dot"})]
    return figure(data, layout)


def cache_sizes(largest: Mapping[str, float], tokens: int, weights: float, mark: int) -> Drawing:
    """Memory of a cache in MB against the length of the text: straight lines through 0.

    largest: variant -> MB at T = `tokens`. weights: MB of the model, a line across. mark: a length.
    """
    looks = ((ORANGE, "solid"), (BLUE, "solid"), (GREEN, "dash"))
    data = [
        line(
            [0, tokens], [0, mb], name, colour, 4, dash,
            hovertemplate="%{x} tokens: %{y:.3g} MB<extra></extra>",
        )
        for (name, mb), (colour, dash) in zip(largest.items(), looks, strict=False)
    ]  # fmt: skip
    data.append(line([0, tokens], [weights] * 2, "all weights", GREY, 2, "dot", hoverinfo="skip"))
    layout = {
        "height": 400,
        "legend": LEGEND_BELOW,
        "xaxis": axis("tokens in the text, T", rangemode="tozero"),
        "yaxis": axis("MB", rangemode="tozero"),
        "shapes": [vertical_line(mark, {"color": GREY, "width": 2, "dash": "dot"})],
    }
    return figure(data, layout)


def time_by_pass(ms: Mapping[str, float]) -> Drawing:
    """Milliseconds a token for each way of reading a text: bars, the first on top."""
    rows = list(range(len(ms)))
    names = ["<br>".join(wrap(name, 20)) for name in ms]  # a phone has room for the bars, too
    bars = bar(
        list(ms.values()), rows, orientation="h", color=BLUE,
        text=[f"{y:.2g} ms" for y in ms.values()], textposition="outside", cliponaxis=False,
        hoverinfo="skip",
    )  # fmt: skip
    layout = {
        "height": 100 + 50 * len(rows),
        "showlegend": False,
        "xaxis": axis("ms per token", range=[0, 1.2 * max(ms.values())]),
        "yaxis": ticks(names) | {"autorange": "reversed", "showgrid": False},
    }
    return figure([bars], layout)
