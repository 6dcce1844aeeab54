"""One attention map as a PNG, with its tokens and a scale, for a page without Plotly."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dashboard.figures.maps.attention_maps import brightest, colours, png, shorten
from dashboard.figures.maps.printed_maps import paste_upright
from dashboard.figures.memoise import memoise
from dashboard.palette import PLATE, PLATE_TEXT

SIDE, CELL, TEXT = 360, 20, 17  # pixels as shown: of a map at most, of a cell, of a name
_FINE = 2  # drawn at twice that resolution
_PAD, _SCALE = 8 * _FINE, 80 * _FINE


@memoise
def named_map(alpha: np.ndarray, tokens: Sequence[str]) -> bytes:
    """Rows are tokens that look, columns tokens they look at; alpha: (T, T), causal.

    Where cells are narrower than a name, every second or third token is named. The colours end at
    the map's `brightest` weight, which the scale beside it states.
    """
    count = len(tokens)
    cell = max(1, min(CELL, SIDE // count)) * _FINE
    step = -(-TEXT * _FINE // cell)
    side = cell * count
    font = ImageFont.load_default(size=(TEXT - 1) * _FINE)
    names = {i: shorten(tokens[i]) for i in range(0, count, step)}
    longest = max(round(font.getlength(name)) for name in names.values())
    left, top = longest + 2 * _PAD, _PAD
    image = Image.new("RGB", (left + side + _SCALE, top + side + longest + 2 * _PAD), PLATE)
    draw = ImageDraw.Draw(image)
    end, scale = brightest(alpha), colours()
    levels = np.clip(alpha / end, 0, 1) * (len(scale) - 1)
    cells = scale[np.rint(levels).astype(int)]
    cells[np.triu(np.ones((count, count), dtype=bool), 1)] = image.getpixel((0, 0))
    image.paste(Image.fromarray(cells.repeat(cell, 0).repeat(cell, 1)), (left, top))
    for i, name in names.items():
        middle = i * cell + cell // 2
        draw.text((left - _PAD, top + middle), name, PLATE_TEXT, font, "rm")
        paste_upright(image, name, (left + middle, top + side + _PAD), font, PLATE_TEXT)
    height = max(side // 2, 3 * cell)
    bar = scale[np.linspace(len(scale) - 1, 0, height).astype(int)][:, None].repeat(_PAD, 1)
    at = left + side + _PAD
    image.paste(Image.fromarray(bar), (at, top))
    more = "+" if alpha.max() > end else ""
    draw.text((at + 2 * _PAD, top), f"{end:.2f}{more}", PLATE_TEXT, font, "lt")
    draw.text((at + 2 * _PAD, top + height), "0", PLATE_TEXT, font, "lb")
    return png(image)
