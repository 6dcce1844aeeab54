"""Attention as pictures: all maps of a model at once, one map in detail, what an image token sees.

Letters   L layers · H heads · T tokens · P patches of an image. A map is alpha[query, key].
"""

import io
import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from plotly.colors import sample_colorscale

from dashboard.figures.layout import Drawing, Spec, axis, figure, literal
from dashboard.figures.memoise import memoise
from dashboard.figures.traces import bar, heat, ticks
from dashboard.palette import BLUE, FIGURE_FONT_SIZE, PLATE, PLATE_TEXT, SEQUENTIAL

_STEPS = 250  # palette entries for weights; the last six fade from the plate to its text
_PLATE_INDEX, _TEXT_INDEX = 250, 255
LEFT, TOP, GAP = 92, 34, 8  # pixels of a grid: layer names, head names, between maps


@memoise
def attention_grid(alphas: np.ndarray, width: int = 900, height: int = 900) -> bytes:
    """All maps of a model as one PNG: a row a layer, a column a head.

    alphas: (L, H, T, T). width, height: pixels at most, unless T needs more; show it at its own
    size, so that cells stay whole pixels and labels sharp. The colours of each map end at its own
    `brightest` weight. What a causal mask hides in every map has the colour of the ground.
    """
    alphas = np.asarray(alphas, dtype=np.float32)
    if alphas.ndim != 4 or alphas.shape[2] != alphas.shape[3]:
        raise ValueError(f"Attention must have the shape (L, H, T, T), not {alphas.shape}.")
    layers, heads, tokens, _ = alphas.shape
    room = min((width - LEFT) // heads, (height - TOP) // layers) - GAP
    cell = max(1, room // tokens)
    side = cell * tokens
    canvas = np.full(
        (TOP + layers * (side + GAP), LEFT + heads * (side + GAP)), _PLATE_INDEX, dtype=np.uint8
    )
    later = np.triu(np.ones((tokens, tokens), dtype=bool), 1)
    causal = not alphas[..., later].any()
    for layer in range(layers):
        for head in range(heads):
            weights = to_palette(alphas[layer, head], brightest(alphas[layer, head]))
            if causal:
                weights[later] = _PLATE_INDEX
            y, x = TOP + layer * (side + GAP), LEFT + head * (side + GAP)
            canvas[y : y + side, x : x + side] = weights.repeat(cell, 0).repeat(cell, 1)
    names = Image.new("L", canvas.shape[::-1])
    draw = ImageDraw.Draw(names)
    letters = 3 if heads < 10 else 4  # what "head 10" needs
    font = ImageFont.load_default(size=max(12, min(22, (side + GAP) // letters)))
    for head in range(heads):
        middle = LEFT + head * (side + GAP) + side // 2
        draw.text((middle, TOP // 2), f"head {head + 1}", 255, font, "mm")
    for layer in range(layers):
        middle = TOP + layer * (side + GAP) + side // 2
        draw.text((LEFT - 8, middle), f"layer {layer + 1}", 255, font, "rm")
    ink = np.asarray(names)
    canvas[ink > 0] = (_PLATE_INDEX + np.rint(ink / 255 * (_TEXT_INDEX - _PLATE_INDEX)))[ink > 0]
    image = Image.fromarray(canvas, "P")
    image.putpalette(_palette())
    return png(image)


def brightest(alpha: np.ndarray) -> float:
    """The value at which the colours of a map end: the 99.5th percentile of its absolute values.

    So a few large weights do not darken the map of a long text. The first row of a causal map,
    which is always 1, is left out. alpha: (R, C), NaN where masked.
    """
    sizes = np.abs(alpha[1:] if len(alpha) > 2 and not np.nan_to_num(alpha[0, 1:]).any() else alpha)
    return float(np.nanquantile(np.append(sizes, 1e-9), 1 - 1 / 200, method="higher"))


def to_palette(weights: np.ndarray, scale_to: float | None = None) -> np.ndarray:
    """Weights >= 0 as palette entries 0 to 249, linear, the largest (or scale_to) at the top."""
    top = float(weights.max()) if scale_to is None else scale_to
    if top <= 0:
        return np.zeros(weights.shape, dtype=np.uint8)
    return np.clip(np.rint(weights / top * (_STEPS - 1)), 0, _STEPS - 1).astype(np.uint8)


def causal_heatmaps(
    alphas: Mapping[str, np.ndarray], tokens: Sequence[str], columns: int = 1
) -> Drawing:
    """Causal maps beside each other on one scale from 0 to 1; the masked upper right stays empty.

    alphas: title -> (T, T), rows are queries. columns: how many maps there are in a row.
    """
    for alpha in alphas.values():
        if alpha.shape != (len(tokens), len(tokens)):
            raise ValueError(f"A map of shape {alpha.shape} does not fit {len(tokens)} tokens.")
    labels = np.asarray([token_label(token) for token in tokens])
    pairs = np.stack(np.broadcast_arrays(labels[:, None], labels[None, :]), -1)
    names = ticks(labels.tolist(), most=20)
    columns = min(columns, len(alphas))
    rows = -(-len(alphas) // columns)
    data: list[Spec] = []
    notes: list[Spec] = []
    layout: Spec = {}
    for i, (title, alpha) in enumerate(alphas.items()):
        masked = np.where(np.tri(len(tokens), dtype=bool), alpha, np.nan).astype(np.float32)
        row, column = divmod(i, columns)
        end = "" if i == 0 else str(i + 1)
        left, top = column / columns, 1 - row / rows
        right = left + (0.88 if columns > 1 else 1) / columns
        bottom = top - (0.72 if rows > 1 else 1) / rows
        data.append(heat(
            masked, "weight", 1, xaxis=f"x{end}", yaxis=f"y{end}", showscale=i == 0,
            customdata=pairs,
            hovertemplate="%{customdata[0]} attends to %{customdata[1]}: %{z:.3f}<extra></extra>",
        ))  # fmt: skip
        lowest = i + columns >= len(alphas)  # of its column: maps above it have the same keys
        layout[f"xaxis{end}"] = axis(
            "key token" if lowest else "", domain=[left, right], anchor=f"y{end}", tickangle=-60
        )
        layout[f"yaxis{end}"] = axis(
            "" if column else "query token", domain=[bottom, top], anchor=f"x{end}"
        )
        layout[f"xaxis{end}"] |= (names if lowest else {"showticklabels": False}) | {
            "showgrid": False,
            "zeroline": False,
        }
        layout[f"yaxis{end}"] |= (names if column == 0 else {"showticklabels": False}) | {
            "autorange": "reversed",
            "showgrid": False,
            "zeroline": False,
        }
        if len(alphas) > 1:
            notes.append({"text": title, "x": left, "y": top, "xref": "paper", "yref": "paper",
                          "xanchor": "left", "yanchor": "bottom", "showarrow": False})  # fmt: skip
    layout["annotations"] = notes
    high = max(5, len(names["ticktext"]))  # one token alone leaves room for the scale
    layout["height"] = min(760, rows * (180 + FIGURE_FONT_SIZE * 2 * high))
    return figure(data, layout)


def probability_bars(
    labels: Sequence[str], probabilities: Sequence[float], highlight: int | None = None
) -> Drawing:
    """Horizontal bars, the first label on top; all but `highlight`, if given, are pale."""
    names = [token_label(label) for label in labels]
    places = list(range(len(names)))
    pale = [1 if highlight in (None, i) else 0.5 for i in places]
    bars = bar(
        np.asarray(probabilities, dtype=np.float64), places, orientation="h",
        marker={"color": BLUE, "opacity": pale}, text=[f"{p:.1%}" for p in probabilities],
        textposition="outside", cliponaxis=False, customdata=names,
        hovertemplate="%{customdata}: %{x:.4f}<extra></extra>",
    )  # fmt: skip
    longest = max([*probabilities, 1e-9])
    layout = {
        "xaxis": axis("probability", range=[0, 1.3 * longest]),
        "yaxis": ticks(names) | {"autorange": "reversed", "showgrid": False},
        "height": 90 + 36 * len(names),
        "showlegend": False,
    }
    return figure([bars], layout)


@memoise
def class_token_overlay(image: np.ndarray, row: np.ndarray, side: int = 384) -> bytes:
    """Where the class token looks, laid over the image, as a PNG; see `laid_over`."""
    return png(laid_over(image, row, side))


def laid_over(image: np.ndarray, row: np.ndarray, side: int) -> Image.Image:
    """Where the class token looks, laid over the image.

    image: (S, S, 3) uint8. row: (P,) weights on the patches, row by row, P a square number.
    The picture is grey and dim; a patch with the share w of the largest weight is covered by w's
    colour with opacity 0.1 + 0.8 w, so that the picture shows through where weights are small.
    """
    row = np.asarray(row, dtype=np.float32)
    grid = round(len(row) ** 0.5)
    if row.ndim != 1 or grid * grid != len(row):
        raise ValueError(f"The weights of {row.shape} patches do not make a square.")
    picture = Image.fromarray(np.asarray(image, dtype=np.uint8)).convert("L")
    dim = picture.point(lambda grey: 0.7 * grey).convert("RGB")
    fits = picture.width % grid == 0  # then it is exact to enlarge only the result
    size, nearest = picture.size if fits else (side, side), Image.Resampling.NEAREST
    entries = to_palette(row.reshape(grid, grid))
    heat = Image.fromarray(colours()[entries]).resize(size, nearest)
    cover = np.rint(255 * (0.1 + 0.8 * entries / (_STEPS - 1))).astype(np.uint8)
    covered = Image.fromarray(cover).resize(size, nearest)
    laid = Image.composite(heat, dim.resize(size, nearest), covered)
    return laid.resize((side, side), nearest)


def largest(row: np.ndarray) -> str:
    """Which weight the brightest colour means. row: (P,) weights."""
    return f"Brightest patch: {largest_share(row)} of the weight"


def largest_share(row: np.ndarray) -> str:
    """The largest weight in percent of all. row: (P,) weights."""
    return f"{row.max() / max(row.sum(), 1e-12):.1%}"


@memoise
def enlarge(image: np.ndarray, side: int = 384) -> bytes:
    """A small image (S, S, 3) uint8, enlarged without smoothing, as a PNG."""
    picture = Image.fromarray(np.asarray(image, dtype=np.uint8))
    return png(picture.resize((side, side), Image.Resampling.NEAREST))


def token_label(token: str, length: int = 14) -> str:
    """A token as a label in Plotly: shortened, with nothing that it would read as markup."""
    return literal(shorten(token, length))


def shorten(token: str, length: int = 14) -> str:
    """A token of at most `length` characters, the last an ellipsis where it was longer."""
    return token if len(token) <= length else token[: length - 1] + "…"


@lru_cache(maxsize=1)
def colours() -> np.ndarray:
    """The sequential map as (250, 3) uint8."""
    steps = sample_colorscale(SEQUENTIAL, np.linspace(0, 1, _STEPS).tolist(), colortype="tuple")
    return np.rint(np.asarray(steps, dtype=np.float64) * 255).astype(np.uint8)


def _palette() -> bytes:
    rgb = np.zeros((256, 3), dtype=np.uint8)
    rgb[:_STEPS] = colours()
    plate, text = (np.frombuffer(bytes.fromhex(c[1:]), np.uint8) for c in (PLATE, PLATE_TEXT))
    fade = np.linspace(0, 1, 256 - _STEPS)[:, None]
    rgb[_STEPS:] = np.rint(plate * (1 - fade) + text * fade)
    return rgb.tobytes()


def png(image: Image.Image) -> bytes:
    """The bytes of a PNG; the compression suits pictures made of blocks of one colour."""
    out = io.BytesIO()
    image.save(out, "PNG", compress_type=zlib.Z_RLE)  # run lengths only: fast
    return out.getvalue()
