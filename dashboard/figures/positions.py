"""The figures of the positions page."""

from collections.abc import Mapping, Sequence

import numpy as np

from dashboard.figures.layout import (
    LEGEND_BELOW,
    Drawing,
    Spec,
    axis,
    figure,
    horizontal_line,
    literal,
    vertical_line,
)
from dashboard.figures.traces import heat, line, scatter
from dashboard.palette import AMBER, BLUE, GREEN, GREY, ORANGE, PURPLE


def table_map(table: np.ndarray, row: int) -> Drawing:
    """A position table (T, d) as a heatmap with one row marked."""
    top = float(np.abs(table).max()) or 1.0
    cells = heat(
        table.astype(np.float32), "value", top, signed=True,
        hovertemplate="position %{y}, column %{x}: %{z:.3f}<extra></extra>",
    )  # fmt: skip
    layout = {
        "height": 460,
        "xaxis": axis("column of the code"),
        "yaxis": axis("position", autorange="reversed"),
        "shapes": [horizontal_line(row, {"color": ORANGE, "width": 3})],
    }
    return figure([cells], layout)


def similarity_map(cosines: np.ndarray) -> Drawing:
    """The cosine of any two positions (T, T) as a heatmap."""
    cells = heat(
        cosines.astype(np.float32), "cosine", 1.0, signed=True,
        hovertemplate="positions %{y} and %{x}: %{z:.3f}<extra></extra>",
    )  # fmt: skip
    rows = axis("position", autorange="reversed", scaleanchor="x", constrain="domain")
    columns = axis("position", constrain="domain")
    return figure([cells], {"height": 330, "xaxis": columns, "yaxis": rows})


def similarity_curves(
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]],
    what: str = "cosine similarity of two positions",
) -> Drawing:
    """Mean by distance with one standard deviation around it: name -> (mean, deviation)."""
    data: list[Spec] = []
    for (name, (mean, spread)), (colour, dash) in zip(
        curves.items(), ((BLUE, "solid"), (ORANGE, "dash"), (GREEN, "dot")), strict=False
    ):
        k = np.arange(len(mean))
        data.append(line(
            np.concatenate([k, k[::-1]]), np.concatenate([mean + spread, (mean - spread)[::-1]]),
            width=0, fill="toself", fillcolor=_faint(colour), hoverinfo="skip", showlegend=False,
        ))  # fmt: skip
        data.append(line(k, mean, literal(name), colour, 3, dash))
    axes = {"xaxis": axis("distance in tokens"), "yaxis": axis(what)}
    return figure(data, {"height": 400, "legend": LEGEND_BELOW, **axes})


def one_frequency(sine: np.ndarray, cosine: np.ndarray, position: int) -> Drawing:
    """One sine and cosine pair of columns over the positions, with position `position` marked."""
    t = np.arange(len(sine))
    diamond = {"color": ORANGE, "size": 13, "symbol": "diamond"}
    pair = [sine[position], cosine[position]]
    data = [
        line(t, sine, "sine", BLUE),
        line(t, cosine, "cosine", GREEN, dash="dash"),
        scatter([position, position], pair, f"position {position}", marker=diamond),
    ]
    axes = {"xaxis": axis("position"), "yaxis": axis("value", range=[-1.1, 1.1])}
    return figure(data, {"height": 340, "legend": LEGEND_BELOW, **axes})


def clock(sine: float, cosine: float) -> Drawing:
    """The pair as the hand of a clock: its angle is frequency times position."""
    turn = np.linspace(0, 2 * np.pi, 90)
    circle = line(np.sin(turn), np.cos(turn), color=GREY, hoverinfo="skip")
    hand = line(
        [0, sine], [0, cosine], color=ORANGE, width=4, mode="lines+markers",
        marker={"size": [1, 14]}, hoverinfo="skip",
    )  # fmt: skip
    bare = {"range": [-1.15, 1.15], "showticklabels": False, "showgrid": False, "zeroline": False}
    axes = {"xaxis": bare, "yaxis": bare | {"scaleanchor": "x"}}
    return figure([circle, hand], {"height": 340, "showlegend": False, **axes})


def hands(pairs: Mapping[int, Sequence[np.ndarray]]) -> Drawing:
    """Clocks side by side: pair of columns -> the two numbers of the query's and of the key's."""
    turn = np.linspace(0, 2 * np.pi, 90)
    data: list[Spec] = []
    layout: Spec = {"height": 260, "legend": LEGEND_BELOW}
    bare = {"range": [-1.2, 1.2], "showticklabels": False, "showgrid": False, "zeroline": False}
    at: Spec
    for n, (pair, two) in enumerate(pairs.items()):
        on = "" if n == 0 else str(n + 1)
        at = {"xaxis": f"x{on}", "yaxis": f"y{on}", "hoverinfo": "skip"}
        start = n / len(pairs)
        layout[f"xaxis{on}"] = {
            **bare, "domain": [start, start + 0.9 / len(pairs)], "anchor": f"y{on}",
            "title": {"text": f"pair {pair}"},
        }  # fmt: skip
        layout[f"yaxis{on}"] = {**bare, "scaleanchor": f"x{on}", "anchor": f"x{on}"}
        data.append(line(np.sin(turn), np.cos(turn), color=GREY, showlegend=False, **at))
        looks = (("query", ORANGE, "diamond"), ("key", BLUE, "circle"))
        for (name, colour, symbol), hand in zip(looks, two, strict=True):
            s, c = hand / (np.linalg.norm(hand) or 1.0)
            data.append(line(
                [0, s], [0, c], name, colour, 4, mode="lines+markers", showlegend=n == 0,
                marker={"size": [1, 12], "symbol": symbol}, **at,
            ))  # fmt: skip
    return figure(data, layout)


def bias_lines(slopes: np.ndarray, farthest: int) -> Drawing:
    """ALiBi's bias -m_h · distance of every head, (H,), for distances 0 … farthest."""
    k = np.arange(farthest + 1)
    data, notes = [], []
    for h, m in enumerate(slopes, 1):
        end = min(farthest, 3.6 / m)
        data.append(line(k, -m * k, f"head {h}", BLUE, 2, hovertemplate="%{y:.2f}"))
        notes.append({
            "x": end, "y": -m * end, "text": f"head {h}", "showarrow": False, "xanchor": "left",
            "yanchor": "middle", "xshift": 4,
        })  # fmt: skip
    layout = {
        "height": 360,
        "showlegend": False,
        "xaxis": axis("distance in tokens, t − s", range=[0, 1.14 * farthest]),
        "yaxis": axis("bias", range=[-4, 0.2]),
        "annotations": notes,
    }
    return figure(data, layout)


def loss_curves(
    losses: Mapping[str, Sequence[float]], trained: int, window: int = 1, *, known: bool = True
) -> Drawing:
    """Loss by position, name -> (T,), averaged over `window` neighbours; a line at the trained
    length, across which nothing is averaged. known: false shows the curves up to that line only."""
    looks = (
        (BLUE, "solid"), (ORANGE, "dash"), (PURPLE, "dot"), (GREEN, "dashdot"), (AMBER, "longdash"),
    )  # fmt: skip
    read, cut = max(map(len, losses.values())), trained - 1  # the loss at `cut` needs one row more
    data, highest = [], 0.0
    for (name, loss), (colour, dash) in zip(losses.items(), looks, strict=False):
        sides = [_averaged(np.asarray(part), window) for part in (loss[:cut], loss[cut:])]
        highest = max(highest, *(float(side.max(initial=0.0)) for side in sides))
        smooth = np.concatenate(sides if known else sides[:1])
        data.append(line(np.arange(len(smooth)) + 1, smooth, literal(name), colour, 3, dash))
    note = {
        "x": trained, "y": 0, "yref": "paper", "yanchor": "bottom", "xanchor": "left",
        "xshift": 6, "text": f"trained to {trained}", "showarrow": False,
    }  # fmt: skip
    layout = {
        "height": 460,
        "legend": LEGEND_BELOW,
        "xaxis": axis("position in the text", range=[0, read]),
        "yaxis": axis("loss, nats per word", range=[0, 1.05 * highest]),
        "shapes": [vertical_line(trained, {"color": GREY, "dash": "dash"})],
        "annotations": [note],
    }
    return figure(data, layout)


def _averaged(values: np.ndarray, window: int) -> np.ndarray:
    """The mean over `window` neighbours, over fewer at both ends; as long as `values`."""
    if len(values) < window:
        return values
    ones = np.ones(window)
    return np.convolve(values, ones, "same") / np.convolve(np.ones(len(values)), ones, "same")


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.18)"
