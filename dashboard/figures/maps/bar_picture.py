"""Bars as a picture: a page that shows nothing else of Plotly need not load Plotly for them.

It is the largest of the files that a browser has to fetch and run: 4.7 MB, most of a second.
"""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from dashboard.figures.maps.attention_maps import cut
from dashboard.figures.memoise import memoise
from dashboard.palette import BLUE, PLATE, PLATE_TEXT

WIDTH = 400  # pixels, about as wide as it is shown; drawn twice as fine
_FINE = 2
_ROW, _BAR, _TEXT, _PAD = 44 * _FINE, 26 * _FINE, 18 * _FINE, 12 * _FINE


@memoise
def bar_picture(labels: Sequence[str], probabilities: Sequence[float]) -> bytes:
    """A bar for each probability, its word before it and its percentage behind; the first on top
    in full colour, the others paler. A PNG of 2·WIDTH pixels."""
    font = ImageFont.load_default(size=_TEXT)
    names = [cut(label) for label in labels]
    shares = [f"{p:.1%}" for p in probabilities]
    picture = Image.new("RGB", (WIDTH * _FINE, len(names) * _ROW + 2 * _PAD), PLATE)
    draw = ImageDraw.Draw(picture)
    begin = 2 * _PAD + max(round(draw.textlength(name, font)) for name in names)
    room = WIDTH * _FINE - begin - 2 * _PAD
    room -= max(round(draw.textlength(share, font)) for share in shares)
    pale = Image.blend(Image.new("RGB", (1, 1), PLATE), Image.new("RGB", (1, 1), BLUE), 0.55)
    largest = max(*probabilities, 1e-9)
    for i, (name, share, p) in enumerate(zip(names, shares, probabilities, strict=True)):
        middle = _PAD + i * _ROW + _ROW // 2
        end = begin + max(2, round(room * p / largest))
        box = (begin, middle - _BAR // 2, end, middle + _BAR // 2)
        draw.rectangle(box, BLUE if i == 0 else pale.getpixel((0, 0)))
        draw.text((begin - _PAD, middle), name, PLATE_TEXT, font, anchor="rm")
        draw.text((end + _PAD, middle), share, PLATE_TEXT, font, anchor="lm")
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
