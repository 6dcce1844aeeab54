"""Pictures with what a model sees in them: rows of pictures, patches, filters.

Between them a PNG is transparent, so that the page's own background is seen.

Letters   N pictures · P patches, row by row · S image side in pixels · g = √P
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dashboard.figures.maps.attention_maps import colours, laid_over, png, to_palette
from dashboard.figures.memoise import memoise
from dashboard.palette import BLUE


def channels_last(image: np.ndarray) -> np.ndarray:
    """(3, S, S), the order of the models -> (S, S, 3), the order of pictures."""
    return np.ascontiguousarray(np.asarray(image).transpose(1, 2, 0))


@memoise
def picture_row(
    images: np.ndarray,
    weights: np.ndarray,
    marked: int | None = None,
    side: int = 112,
    columns: int = 10,
) -> bytes:
    """The course's figure: pictures, and under each where the class token looks, as one PNG.

    images: (N, 3, S, S) uint8, weights: (N, P). `marked`: index of the picture with a frame.
    columns: pictures in a row at most.
    """
    gap, rows = 8, -(-len(images) // columns)
    wide = min(columns, len(images)) * (side + gap) + gap
    plate = Image.new("RGBA", (wide, rows * (2 * side + 3 * gap)))
    for i, (image, row) in enumerate(zip(images, weights, strict=True)):
        x = gap + i % columns * (side + gap)
        y = gap + i // columns * (2 * side + 3 * gap)
        picture = Image.fromarray(channels_last(image)).resize(
            (side, side), Image.Resampling.NEAREST
        )
        plate.paste(picture, (x, y))
        plate.paste(laid_over(channels_last(image), row, side), (x, y + side + gap // 2))
        if i == marked:
            frame = (x - 4, y - 4, x + side + 3, y + 2 * side + gap // 2 + 3)
            ImageDraw.Draw(plate).rectangle(frame, outline=BLUE, width=4)
    return png(plate)


@memoise
def picture_strip(images: np.ndarray, side: int = 64, columns: int = 10) -> bytes:
    """Pictures (N, 3, S, S) uint8, numbered from 1, at most `columns` in a row."""
    gap, font = 6, ImageFont.load_default(size=22)
    columns = min(columns, len(images))
    sheet = _sheet([channels_last(image) for image in images], columns, side, gap)
    draw = ImageDraw.Draw(sheet)
    for i in range(len(images)):
        x, y = gap + i % columns * (side + gap), gap + i // columns * (side + gap)
        draw.text((x + 4, y), str(i + 1), "#ffffff", font, stroke_width=3, stroke_fill="#000000")
    return png(sheet)


@memoise
def patch_sheet(image: np.ndarray, grid: int, side: int = 384) -> bytes:
    """The picture cut into g×g patches, with gaps between them. image: (3, S, S) uint8."""
    patch, gap = side // grid, max(3, side // grid // 8)
    picture = Image.fromarray(channels_last(image)).resize(
        (patch * grid, patch * grid), Image.Resampling.NEAREST
    )
    total = grid * (patch + gap) - gap
    sheet = Image.new("RGBA", (total, total))
    for r in range(grid):
        for c in range(grid):
            box = (c * patch, r * patch, (c + 1) * patch, (r + 1) * patch)
            sheet.paste(picture.crop(box), (c * (patch + gap), r * (patch + gap)))
    return png(sheet)


@memoise
def filter_sheet(filters: np.ndarray, columns: int = 16, cell: int = 70) -> bytes:
    """The filters of the patch embedding. filters: (D, 3, p, p), any scale; each is drawn from its
    smallest value (black) to its largest (white), the same scale for its three colours."""
    tiles = []
    for values in np.asarray(filters, dtype=np.float32):
        low, high = values.min(), values.max()
        scaled = np.rint(255 * (values - low) / max(high - low, 1e-9)).astype(np.uint8)
        tiles.append(channels_last(scaled))
    return png(_sheet(tiles, columns, cell, gap=4))


@memoise
def weight_grid(weights: np.ndarray, side: int = 384) -> bytes:
    """Weights (P,) as g×g coloured cells, the largest brightest."""
    grid = round(len(weights) ** 0.5)
    cells = colours()[to_palette(np.asarray(weights, dtype=np.float32).reshape(grid, grid))]
    return png(Image.fromarray(cells).resize((side, side), Image.Resampling.NEAREST))


@memoise
def similarity_sheet(alike: np.ndarray, cell: int = 52) -> bytes:
    """Similarity (P, P), −1 to 1, as g×g small maps: the one at (r, c) shows the similarity of
    every patch to patch (r, c)."""
    grid = round(len(alike) ** 0.5)
    maps = (np.asarray(alike, dtype=np.float32).reshape(-1, grid, grid) + 1) / 2
    return png(_sheet([colours()[to_palette(one, 1.0)] for one in maps], grid, cell, gap=5))


def _sheet(tiles: Sequence[np.ndarray], columns: int, side: int, gap: int) -> Image.Image:
    """Tiles (S, S, 3) uint8 in rows of `columns`, each `side` pixels wide, with gaps around."""
    rows = -(-len(tiles) // columns)
    size = (columns * (side + gap) + gap, rows * (side + gap) + gap)
    sheet = Image.new("RGBA", size)
    for i, tile in enumerate(tiles):
        picture = Image.fromarray(tile).resize((side, side), Image.Resampling.NEAREST)
        sheet.paste(picture, (gap + i % columns * (side + gap), gap + i // columns * (side + gap)))
    return sheet
