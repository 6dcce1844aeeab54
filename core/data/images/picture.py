"""Opens one picture from an untrusted file; its cost is bounded before it is decoded.

A few bytes can encode many pixels, and each of the scans of a progressive JPEG processes every
pixel again. So bytes, pixels and scans are counted first. Of a large ordinary JPEG only every
second, fourth or eighth pixel is decoded, which the format makes cheap.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import IO

from PIL import Image, ImageOps, UnidentifiedImageError

MAX_FILE_BYTES = 30_000_000
MAX_PIXELS = 4_000_000  # that are decoded; 4 bytes each
MAX_JPEG_PIXELS = 50_000_000  # of a JPEG that can be decoded at a smaller size
MAX_SCANS = 50  # ordinary files have about ten
MAX_SEGMENTS = 10_000
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")


def open_picture(
    file: str | Path | IO[bytes], name: str = "The picture", most: int = MAX_PIXELS
) -> Image.Image:
    """Open a PNG or JPEG as RGB, upright, its first frame, at most `most` pixels large.

    A JPEG that is not progressive may have 50 million pixels; it is then decoded at 1/2, 1/4 or
    1/8 of its size. Raises ValueError, one sentence, for any other format, a damaged file, more
    than 30 MB, too many pixels or more than 50 scans; nothing is decoded before.
    """
    data = _bytes_of(file, name)
    try:
        picture = Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
        _bound(picture, data, name, most)
        picture.load()
        upright: Image.Image = ImageOps.exif_transpose(picture)
        return upright.convert("RGB")
    except PictureTooLarge:
        raise
    except UnidentifiedImageError:
        raise ValueError(f"{name} is not a PNG or JPEG; save it as one and try again.") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureTooLarge(
            f"{name} has more than {most // 10**6} million pixels; make it smaller first."
        ) from None
    except (OSError, SyntaxError, ValueError, EOFError):
        raise ValueError(f"{name} is damaged and cannot be read; save it again.") from None


class PictureTooLarge(ValueError):
    """The picture exceeds the limits; the message is one sentence."""


def scans(jpeg: bytes) -> int:
    """The number of scans of a JPEG (its SOS markers), 51 for more than 50."""
    position, count = 2, 0
    for _ in range(MAX_SEGMENTS):
        marker = _MARKER.search(jpeg, position)
        if marker is None or marker[0] == b"\xff\xd9" or count > MAX_SCANS:
            return count
        count += marker[0] == b"\xff\xda"
        position = marker.end() + int.from_bytes(jpeg[marker.end() : marker.end() + 2], "big")
    return MAX_SCANS + 1


def _bytes_of(file: str | Path | IO[bytes], name: str) -> bytes:
    if isinstance(file, str | Path):
        with open(file, "rb") as opened:
            data = opened.read(MAX_FILE_BYTES + 1)
    else:
        file.seek(0)
        data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise PictureTooLarge(
            f"{name} has more than {MAX_FILE_BYTES // 10**6} MB; make it smaller."
        )
    return data


def _bound(picture: Image.Image, data: bytes, name: str, most: int) -> None:
    """Check the limits, and let a large JPEG be decoded smaller. Errors: PictureTooLarge."""
    passes = scans(data) if picture.format != "PNG" else 1
    if passes > MAX_SCANS:
        raise PictureTooLarge(
            f"{name} is a JPEG of more than {MAX_SCANS} scans; save it again without “progressive”."
        )
    smaller = picture.format != "PNG" and passes <= 1  # a progressive one is kept in memory in full
    largest = max(most, MAX_JPEG_PIXELS) if smaller else most
    if picture.width * picture.height > largest:
        raise PictureTooLarge(
            f"{name} has more than {largest // 10**6} million pixels; make it smaller first."
        )
    step = 1
    while step < 8 and picture.width * picture.height > most * step**2:
        step *= 2
    if step > 1:
        picture.draft("RGB", (picture.width // step, picture.height // step))
        if picture.width * picture.height > most:
            raise PictureTooLarge(f"{name} is too long and narrow; crop it first.")
