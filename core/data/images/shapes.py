"""Shapes: ten classes of small colour pictures, drawn by the program, with the object's mask.

The mask says which pixels belong to the object, so the share of attention on the object can be
measured. Size, position, angle, colour and background vary; the clutter (a colour gradient, grain,
strokes and blobs) has the same distribution for every class, so only the shape tells the class.

A shape is a region of the plane in its own coordinates (u to the right, v up, in units of its
radius): the disc is u² + v² <= 1. A pixel's coverage is the share of its 4×4 sample points inside
the shape; the mask contains the pixels covered by at least half.

Lengths and positions are in pixels of a 32-pixel frame, x to the right and y down from the top left
corner, for pictures of any size.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.array_cache import Arrays, prepare
from core.data.images.arrays import ImageData, UInt8, channel_statistics, checksum_of
from core.data.locations import JobProgress

Plane = NDArray[np.float64]
Bool = NDArray[np.bool_]
Colour = tuple[int, int, int]

VERSION = 1  # raise it when a change alters pixels: it is part of the key of prepared arrays
FRAME = 32.0  # pixels a side
REACH = 1.2  # radii; no point of a shape is further from its centre
SAMPLES = 4  # sample points a pixel along each axis
RADIUS = (5.0, 13.0)  # range of the random radius, in pixels
TILT = 15.0  # largest random angle in degrees: a square never becomes a diamond
CONTRAST = 110.0  # smallest distance between object and background colour, in RGB space


def _disc(u: Plane, v: Plane) -> Bool:
    return u**2 + v**2 <= 1


def _ring(u: Plane, v: Plane) -> Bool:
    return _disc(u, v) & (u**2 + v**2 >= 0.55**2)


def _square(u: Plane, v: Plane) -> Bool:
    return np.maximum(np.abs(u), np.abs(v)) <= 0.82


def _triangle(u: Plane, v: Plane) -> Bool:
    return (v >= -0.7) & (np.abs(u) <= (1 - v) * 0.56)


def _diamond(u: Plane, v: Plane) -> Bool:
    return np.abs(u) / 0.75 + np.abs(v) <= 1


def _star(u: Plane, v: Plane) -> Bool:
    """Five points: folded into one tenth, the outline is a line from point to notch."""
    fifth = 2 * np.pi / 5
    angle = np.abs((np.arctan2(u, v) + fifth / 2) % fifth - fifth / 2)  # 0 towards a point
    radius = np.hypot(u, v)
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    notch_x, notch_y = 0.42 * np.cos(fifth / 2), 0.42 * np.sin(fifth / 2)
    return np.asarray((notch_x - 1) * y - notch_y * (x - 1) >= 0)


def _cross(u: Plane, v: Plane) -> Bool:
    return (np.minimum(np.abs(u), np.abs(v)) <= 0.3) & (np.maximum(np.abs(u), np.abs(v)) <= 0.95)


def _crescent(u: Plane, v: Plane) -> Bool:
    return _disc(u, v) & ((u - 0.45) ** 2 + v**2 >= 0.75**2)


def _heart(u: Plane, v: Plane) -> Bool:
    """The sextic (x² + y² − 1)³ <= x² y³, shrunk into the unit disc."""
    x, y = 1.2 * u, 1.2 * v + 0.1
    x2, y2 = x * x, y * y
    sum2 = x2 + y2 - 1
    return np.asarray(sum2 * sum2 * sum2 <= x2 * y2 * y)


def _arrow(u: Plane, v: Plane) -> Bool:
    shaft = (np.abs(u) <= 0.25) & (np.abs(v) <= 1)
    head = (v >= -0.05) & (np.abs(u) <= (1 - v) * 0.8)
    return (shaft & (v <= 0)) | head


REGIONS: dict[str, Callable[[Plane, Plane], Bool]] = {
    "disc": _disc, "ring": _ring, "square": _square, "triangle": _triangle, "diamond": _diamond,
    "star": _star, "cross": _cross, "crescent": _crescent, "heart": _heart, "arrow": _arrow,
}  # fmt: skip
CLASSES = tuple(REGIONS)


@dataclass(frozen=True)
class Shape:
    """All parameters of one picture.

    kind                a name of CLASSES
    radius, x, y        size and centre, pixels of the 32-pixel frame (y down)
    angle               degrees, counter-clockwise
    colour, background  red, green, blue, each 0..255
    clutter             0 (a plain background) to 1
    seed                of the clutter and the grain

    Raises ValueError for a value out of range.
    """

    kind: str
    radius: float = 9.0
    x: float = 16.0
    y: float = 16.0
    angle: float = 0.0
    colour: Colour = (220, 80, 60)
    background: Colour = (70, 90, 120)
    clutter: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in REGIONS:
            raise ValueError(
                f"There is no shape {self.kind!r}; choose one of {', '.join(CLASSES)}."
            )
        for name, value, low, high in (
            ("radius", self.radius, 2, FRAME / 2), ("x", self.x, 0, FRAME), ("y", self.y, 0, FRAME),
            ("angle", self.angle, -360, 360), ("clutter", self.clutter, 0, 1),
        ):  # fmt: skip
            if not low <= value <= high:
                raise ValueError(f"The shape's {name} must be from {low} to {high:g}, not {value}.")
        for part in (*self.colour, *self.background):
            if not 0 <= part <= 255:
                raise ValueError(f"The parts of a colour must be from 0 to 255, not {part}.")
        if self.seed < 0:
            raise ValueError(f"The seed must be 0 or more, not {self.seed}.")


def coverage(shape: Shape, side: int = 32) -> Plane:
    """The share of each pixel inside the shape: (side, side), 0 … 1."""
    centres = ((np.arange(side * SAMPLES) + 0.5) * FRAME / (side * SAMPLES)).reshape(side, SAMPLES)
    reach = REACH * shape.radius
    columns = (centres[:, -1] >= shape.x - reach) & (centres[:, 0] <= shape.x + reach)
    rows = (centres[:, -1] >= shape.y - reach) & (centres[:, 0] <= shape.y + reach)
    dx = (centres[columns].reshape(1, -1) - shape.x) / shape.radius
    dy = (shape.y - centres[rows].reshape(-1, 1)) / shape.radius
    turn = np.deg2rad(shape.angle)
    u, v = dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)
    inside = REGIONS[shape.kind](u, v)
    share = np.zeros((side, side))
    blocks = inside.reshape(int(rows.sum()), SAMPLES, int(columns.sum()), SAMPLES)
    share[np.ix_(rows, columns)] = blocks.mean(axis=(1, 3))
    return share


def _background(shape: Shape, rng: np.random.Generator, side: int) -> Plane:
    """(side, side, 3): a colour with a gradient, then strokes and blobs in random colours."""
    centres = (np.arange(side) + 0.5) * FRAME / side
    x, y = centres[None, :], centres[:, None]
    slope = rng.uniform(-45, 45, size=(2, 3)) * shape.clutter
    picture: Plane = np.asarray(shape.background, dtype=np.float64) + (
        slope[0] * (x / FRAME - 0.5)[..., None] + slope[1] * (y / FRAME - 0.5)[..., None]
    )
    for _ in range(rng.binomial(6, 0.7 * shape.clutter)):
        (ax, ay, bx, by), colour = rng.uniform(0, FRAME, 4), rng.uniform(0, 255, 3)
        if rng.random() < 0.5:  # a stroke from a towards b, at most 12 pixels long
            length = np.hypot(bx - ax, by - ay) + 1e-9
            ex, ey = (bx - ax) / length, (by - ay) / length
            along = np.clip((x - ax) * ex + (y - ay) * ey, 0, min(length, 12))
            there = np.hypot(x - ax - along * ex, y - ay - along * ey) <= 0.8
        else:  # a blob: a small ellipse around a
            there = np.hypot((x - ax) / rng.uniform(1, 3), (y - ay) / rng.uniform(1, 3)) <= 1
        picture[there] = colour
    return picture


def draw(shape: Shape, side: int = 32) -> tuple[UInt8, Bool]:
    """Draw one picture: image uint8 (3, side, side) and mask bool (side, side).

    Raises ValueError for a side outside 8..256.
    """
    if not 8 <= side <= 256:
        raise ValueError(f"The picture's side must be from 8 to 256 pixels, not {side}.")
    rng = np.random.default_rng(shape.seed)
    share = coverage(shape, side)
    picture = _background(shape, rng, side)
    picture += share[..., None] * (np.asarray(shape.colour, dtype=np.float64) - picture)
    picture += rng.normal(0, 2 + 10 * shape.clutter, size=picture.shape)
    image = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(image.transpose(2, 0, 1)), share >= 0.5


def random_shape(kind: str, rng: np.random.Generator) -> Shape:
    """A shape of this class, fully visible, with all else at random."""
    radius = rng.uniform(*RADIUS)
    x, y = rng.uniform(radius, FRAME - radius, size=2)
    while True:
        colour, background = rng.integers(0, 256, size=(2, 3))
        if np.linalg.norm(colour - background) >= CONTRAST:
            break
    return Shape(
        kind, float(radius), float(x), float(y), float(rng.uniform(-TILT, TILT)),
        (int(colour[0]), int(colour[1]), int(colour[2])),
        (int(background[0]), int(background[1]), int(background[2])),
        float(rng.uniform(0, 1)), int(rng.integers(2**31)),
    )  # fmt: skip


def shape_at(index: int, seed: int = 0) -> Shape:
    """Picture `index` of the infinite sequence of this seed; its class is index mod 10."""
    rng = np.random.default_rng([seed, index])
    return random_shape(CLASSES[index % len(CLASSES)], rng)


def generate(count: int, seed: int = 0) -> tuple[UInt8, NDArray[np.int64], Bool]:
    """The first N pictures of the seed: images uint8 N×3×32×32, labels N, masks N×32×32."""
    images = np.empty((count, 3, 32, 32), dtype=np.uint8)
    masks = np.empty((count, 32, 32), dtype=np.bool_)
    for i in range(count):
        images[i], masks[i] = draw(shape_at(i, seed))
    return images, np.arange(count, dtype=np.int64) % len(CLASSES), masks


def _build(train: int, test: int, seed: int) -> Generator[JobProgress, None, Arrays]:
    arrays: dict[str, NDArray[Any]] = {}
    for part, count, part_seed in (("train", train, 2 * seed), ("test", test, 2 * seed + 1)):
        yield JobProgress(f"drawing the {part} images", 0, count, "images")
        images, labels, masks = generate(count, part_seed)
        arrays |= {f"{part}_images": images, f"{part}_labels": labels, f"{part}_masks": masks}
    mean, std = channel_statistics(arrays["train_images"])
    checksum = checksum_of(*(arrays[name] for name in sorted(arrays)))
    return Arrays(arrays, {"mean": mean, "std": std, "checksum": checksum})


def load(
    train: int = 10_000, test: int = 2_000, seed: int = 0
) -> Generator[JobProgress, None, ImageData]:
    """Draw the data set, or map what was drawn before; yields progress.

    train, test   how many images, 1 … 100,000 each; no picture is in both
    """
    for count in (train, test):
        if not 1 <= count <= 100_000:
            raise ValueError(f"The number of images must be from 1 to 100,000, not {count:,}.")
    key = f"shapes-v{VERSION}-{train}-{test}-{seed}"
    prepared = yield from prepare(key, partial(_build, train, test, seed))
    note = f"Shapes: {train:,} training and {test:,} test images drawn with seed {seed}."
    return ImageData.of("shapes", prepared, classes=CLASSES, note=note)
