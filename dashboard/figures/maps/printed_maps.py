"""All maps of a model as a picture to print: on white, with the name of every token."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dashboard.figures.maps.attention_maps import brightest, colours, png, shorten

CELL, MOST_NAMED = 16, 48  # pixels of a cell beside a name; more tokens have no names
MASKED = 235  # the grey of cells that a causal map cannot have
GAP, NAME, TITLE = 24, 130, 34  # between maps, of the names of tokens, of heads and layers


def printed_grid(alphas: np.ndarray, tokens: Sequence[str]) -> bytes:
    """A PNG: a row a layer, a column a head; in a map a row a query, a column a key.

    alphas: (L, H, T, T). tokens: T names. The colours of each map end at its own brightest weight.
    """
    layers, heads, count, _ = alphas.shape
    named = count <= MOST_NAMED
    cell = CELL if named else max(1, CELL * MOST_NAMED // count)
    side, edge = cell * count, NAME if named else 0
    pitch = side + GAP
    left = TITLE + edge
    size = (left + heads * pitch, TITLE + layers * pitch + edge)
    image = Image.new("RGB", size, "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=CELL - 2)
    scale = colours()
    hidden = np.triu(np.full((count, count), not np.triu(alphas, 1).any()), 1)
    for layer in range(layers):
        for head in range(heads):
            weights = alphas[layer, head]
            levels = np.clip(weights / brightest(weights), 0, 1) * (len(scale) - 1)
            cells = scale[np.rint(levels).astype(int)]
            cells[hidden] = MASKED
            picture = Image.fromarray(cells.repeat(cell, 0).repeat(cell, 1))
            image.paste(picture, (left + head * pitch, TITLE + layer * pitch))
    for head in range(heads):
        draw.text(
            (left + head * pitch + side // 2, TITLE // 2), f"head {head + 1}", "black", font, "mm"
        )
    for layer in range(layers):
        _upright(image, f"layer {layer + 1}", (TITLE // 2, TITLE + layer * pitch + side // 2), font)
    for i, token in enumerate(tokens[:count] if named else []):
        name, middle = shorten(token), i * cell + cell // 2
        for layer in range(layers):
            draw.text((left - 6, TITLE + layer * pitch + middle), name, "black", font, "rm")
        for head in range(heads):
            at = (left + head * pitch + middle, TITLE + layers * pitch - GAP + 6)
            paste_upright(image, name, at, font)
    return png(image)


def _upright(image: Image.Image, text: str, at: tuple[int, int], font: object) -> None:
    """Text turned by a quarter, its middle at that place."""
    turned = _turned(text, font)
    image.paste("black", (at[0] - turned.width // 2, at[1] - turned.height // 2), turned)


def paste_upright(
    image: Image.Image, text: str, at: tuple[int, int], font: object, colour: str = "black"
) -> None:
    """Text turned by a quarter, its upper end at that place."""
    turned = _turned(text, font)
    image.paste(colour, (at[0] - turned.width // 2, at[1]), turned)


def _turned(text: str, font: object) -> Image.Image:
    """A mask of the text that runs upwards."""
    _, _, right, low = ImageDraw.Draw(Image.new("L", (1, 1))).textbbox((0, 0), text, font)  # type: ignore[arg-type]
    label = Image.new("L", (int(right) + 2, int(low) + 2))
    ImageDraw.Draw(label).text((0, 0), text, 255, font)  # type: ignore[arg-type]
    return label.rotate(90, expand=True)
