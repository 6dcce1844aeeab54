"""Attention as pictures: all maps of a model at once, one map in detail, what an image token sees.

Letters   L layers · H heads · T tokens · P patches of an image. A map is alpha[query, key].
"""

import io
import zlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from plotly.colors import sample_colorscale

from dashboard.figures.layout import Drawing, axis, literal, quick
from dashboard.figures.memoise import memoise
from dashboard.palette import BLUE, FIGURE_FONT_SIZE, PLATE, PLATE_TEXT, SEQUENTIAL

_STEPS = 250  # palette entries for weights; the last six fade from the plate to its text
_PLATE_INDEX, _TEXT_INDEX = 250, 255
_LEFT, _TOP, _GAP = 92, 34, 8  # pixels of a grid: layer names, head names, between maps


@memoise
def attention_grid(alphas: np.ndarray, width: int = 900, height: int = 900) -> bytes:
    """All maps of a model as one PNG: a row a layer, a column a head.

    alphas: (L, H, T, T). width, height: pixels it may take at most, where T allows; show it at
    its own size, or cells and labels suffer. Cells are whole pixels, not smoothed.
    Each map is drawn relative to its own `brightest` weight.
    """
    alphas = np.asarray(alphas, dtype=np.float32)
    if alphas.ndim != 4 or alphas.shape[2] != alphas.shape[3]:
        raise ValueError(f"Attention must have the shape (L, H, T, T), not {alphas.shape}.")
    layers, heads, tokens, _ = alphas.shape
    room = min((width - _LEFT) // heads, (height - _TOP) // layers) - _GAP
    cell = max(1, room // tokens)
    side = cell * tokens
    canvas = np.full(
        (_TOP + layers * (side + _GAP), _LEFT + heads * (side + _GAP)), _PLATE_INDEX, dtype=np.uint8
    )
    for layer in range(layers):
        for head in range(heads):
            weights = to_palette(alphas[layer, head], brightest(alphas[layer, head]))
            y, x = _TOP + layer * (side + _GAP), _LEFT + head * (side + _GAP)
            canvas[y : y + side, x : x + side] = weights.repeat(cell, 0).repeat(cell, 1)
    names = Image.new("L", canvas.shape[::-1])
    draw = ImageDraw.Draw(names)
    font = ImageFont.load_default(size=max(12, min(22, (side + _GAP) // 3)))
    for head in range(heads):
        middle = _LEFT + head * (side + _GAP) + side // 2
        draw.text((middle, _TOP // 2), f"head {head + 1}", 255, font, "mm")
    for layer in range(layers):
        middle = _TOP + layer * (side + _GAP) + side // 2
        draw.text((_LEFT - 8, middle), f"layer {layer + 1}", 255, font, "rm")
    ink = np.asarray(names)
    canvas[ink > 0] = (_PLATE_INDEX + np.rint(ink / 255 * (_TEXT_INDEX - _PLATE_INDEX)))[ink > 0]
    image = Image.fromarray(canvas, "P")
    image.putpalette(_palette())
    return png(image)


def brightest(alpha: np.ndarray) -> float:
    """The size at which the colours of a map end: all but one cell in 200 are at most that large.

    So a few large weights do not leave a long text in the dark. Of a causal map the first row,
    which has no choice, is left out. alpha: (R, C), NaN where masked.
    """
    sizes = np.abs(alpha[1:] if len(alpha) > 2 and not np.nan_to_num(alpha[0, 1:]).any() else alpha)
    return float(np.nanquantile(np.append(sizes, 1e-9), 1 - 1 / 200, method="higher"))


def to_palette(weights: np.ndarray, scale_to: float | None = None) -> np.ndarray:
    """Weights >= 0 as palette entries 0 to 249, linear, the largest (or scale_to) at the top."""
    top = float(weights.max()) if scale_to is None else scale_to
    if top <= 0:
        return np.zeros(weights.shape, dtype=np.uint8)
    return np.clip(np.rint(weights / top * (_STEPS - 1)), 0, _STEPS - 1).astype(np.uint8)


def attention_heatmap(
    alpha: np.ndarray, tokens: Sequence[str], scale_to: float | None = None
) -> Drawing:
    """One map in detail; alpha: (T, T), rows are queries.

    Colours run from 0 to scale_to, or to the largest weight.
    """
    alpha = np.asarray(alpha, dtype=np.float32)
    if alpha.shape != (len(tokens), len(tokens)):
        raise ValueError(f"A map of shape {alpha.shape} does not fit {len(tokens)} tokens.")
    every = max(1, -(-len(tokens) // 40))
    places = list(range(0, len(tokens), every))
    names = [short(tokens[i]) for i in places]
    labels = np.asarray([short(t) for t in tokens])
    heat = {
        "type": "heatmap",
        "z": alpha,
        "zmin": 0,
        "zmax": scale_to,
        "colorscale": SEQUENTIAL,
        "colorbar": {"title": {"text": "weight"}},
        "customdata": np.stack(np.broadcast_arrays(labels[:, None], labels[None, :]), -1),
        "hovertemplate": "%{customdata[0]} attends to %{customdata[1]}: %{z:.3f}<extra></extra>",
    }
    ticks = {"tickvals": places, "ticktext": names}
    layout = {
        "xaxis": axis("key token", tickangle=-60, **ticks),
        "yaxis": axis("query token", autorange="reversed", **ticks),
        "height": min(760, 220 + FIGURE_FONT_SIZE * 2 * len(places)),
    }
    return quick([heat], layout)


def probability_bars(
    labels: Sequence[str], probabilities: Sequence[float], highlight: int | None = None
) -> Drawing:
    """Horizontal bars, the first label on top; all but `highlight`, if given, are pale."""
    names = [short(label) for label in labels]
    places = list(range(len(names)))
    pale = [1 if highlight in (None, i) else 0.5 for i in places]
    bars = {
        "type": "bar",
        "x": np.asarray(probabilities, dtype=np.float64),
        "y": places,
        "orientation": "h",
        "text": [f"{p:.1%}" for p in probabilities],
        "textposition": "outside",
        "cliponaxis": False,
        "marker": {"color": BLUE, "opacity": pale},
        "customdata": names,
        "hovertemplate": "%{customdata}: %{x:.4f}<extra></extra>",
    }
    longest = max([*probabilities, 1e-9])
    layout = {
        "xaxis": axis("probability", range=[0, 1.3 * longest]),
        "yaxis": {
            "tickvals": places,
            "ticktext": names,
            "autorange": "reversed",
            "showgrid": False,
        },
        "height": 90 + 36 * len(names),
        "showlegend": False,
    }
    return quick([bars], layout)


@memoise
def class_token_overlay(image: np.ndarray, row: np.ndarray, side: int = 384) -> bytes:
    """Where the class token looks, laid over the image, as a PNG.

    image: (S, S, 3) uint8. row: (P,) weights on the patches, row by row, P a square number.
    The picture is grey and dim; w of the largest weight covers it to 0.1 + 0.8 w with w's
    colour, so that one still sees what lies under the patches of small weight.
    """
    row = np.asarray(row, dtype=np.float32)
    grid = round(len(row) ** 0.5)
    if row.ndim != 1 or grid * grid != len(row):
        raise ValueError(f"The weights of {row.shape} patches do not make a square.")
    picture = Image.fromarray(np.asarray(image, dtype=np.uint8)).convert("L")
    dim = picture.point(lambda grey: 0.7 * grey).convert("RGB")
    fits = picture.width % grid == 0  # then nothing is lost by enlarging only what comes out
    size, nearest = picture.size if fits else (side, side), Image.Resampling.NEAREST
    entries = to_palette(row.reshape(grid, grid))
    heat = Image.fromarray(colours()[entries]).resize(size, nearest)
    cover = np.rint(255 * (0.1 + 0.8 * entries / (_STEPS - 1))).astype(np.uint8)
    covered = Image.fromarray(cover).resize(size, nearest)
    laid = Image.composite(heat, dim.resize(size, nearest), covered)
    return png(laid.resize((side, side), nearest))


def largest(row: np.ndarray) -> str:
    """In words, what the brightest colour of a map of weights (P,) stands for."""
    return f"The brightest patch has {row.max() / max(row.sum(), 1e-12):.1%} of the weight."


@memoise
def enlarge(image: np.ndarray, side: int = 384) -> bytes:
    """A small image (S, S, 3) uint8 as a PNG with visible, unsmoothed pixels."""
    picture = Image.fromarray(np.asarray(image, dtype=np.uint8))
    return png(picture.resize((side, side), Image.Resampling.NEAREST))


def short(token: str, length: int = 14) -> str:
    """A token as an axis label: cut, and with nothing Plotly would take for markup."""
    return literal(cut(token, length))


def cut(token: str, length: int = 14) -> str:
    """A token as a label: at most so many characters."""
    return token if len(token) <= length else token[: length - 1] + "…"


@lru_cache(maxsize=1)
def colours() -> np.ndarray:
    """The sequential map as (250, 3) uint8."""
    steps = sample_colorscale(SEQUENTIAL, np.linspace(0, 1, _STEPS).tolist(), colortype="tuple")
    return np.rint(np.asarray(steps) * 255).astype(np.uint8)


def _palette() -> bytes:
    rgb = np.zeros((256, 3), dtype=np.uint8)
    rgb[:_STEPS] = colours()
    plate, text = (np.frombuffer(bytes.fromhex(c[1:]), np.uint8) for c in (PLATE, PLATE_TEXT))
    fade = np.linspace(0, 1, 256 - _STEPS)[:, None]
    rgb[_STEPS:] = np.rint(plate * (1 - fade) + text * fade)
    return rgb.tobytes()


def png(image: Image.Image) -> bytes:
    """The bytes of a PNG; made for pictures of blocks of one colour."""
    out = io.BytesIO()
    image.save(out, "PNG", compress_type=zlib.Z_RLE)  # looks for runs alone
    return out.getvalue()
