"""Reads images from a `.tar.xz` of class folders without unpacking it to disk.

Members are `train/<class>/<name>.jpg` and `test/<class>/<name>.jpg` (or .png), each S×S pixels.
The archive is untrusted, so everything is bounded: the memory of the xz decoder, the unpacked
bytes, the number and size of members, the pixels of an image. Links, devices and names outside the
archive's folder are refused.
"""

from __future__ import annotations

import io
import lzma
import re
import tarfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO, cast

import numpy as np
from PIL import Image

from core.data.array_cache import Arrays
from core.data.locations import JobProgress

MAX_UNPACKED_BYTES = 1 << 30
MAX_XZ_MEMORY_BYTES = 256 << 20
MAX_MEMBER_BYTES = 1 << 20
MAX_MEMBERS = 250_000
MEMBER = re.compile(r"(train|test)/([\w -]{1,64})/[\w .-]{1,128}\.(?:jpg|jpeg|png)", re.IGNORECASE)


class _BoundedXz:
    """A file object that decompresses .xz with limits on decoder memory and total output."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._total = file, 0
        self._decoder = self._new_decoder()

    @staticmethod
    def _new_decoder() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MAX_XZ_MEMORY_BYTES)

    def read(self, size: int) -> bytes:
        while True:
            if self._decoder.eof:
                rest = self._decoder.unused_data.lstrip(b"\0") or self._file.read(1 << 16)
                if not rest.strip(b"\0"):
                    return b""
                self._decoder = self._new_decoder()
            elif self._decoder.needs_input:
                rest = self._file.read(1 << 16)
                if not rest:
                    raise EOFError("the compressed data ends too early")
            else:
                rest = b""
            piece = self._decoder.decompress(rest, max_length=size)
            self._total += len(piece)
            if self._total > MAX_UNPACKED_BYTES:
                raise ValueError(f"it unpacks to more than {MAX_UNPACKED_BYTES >> 20} MiB")
            if piece:
                return piece


def _members(archive: tarfile.TarFile) -> Iterator[tuple[re.Match[str], bytes]]:
    """The match of the name and the bytes of every image member; ValueError beyond a limit."""
    for count, member in enumerate(archive):
        name = member.name.removeprefix("./")
        if count >= MAX_MEMBERS:
            raise ValueError(f"it holds more than {MAX_MEMBERS:,} members")
        if name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name):
            raise ValueError(f"its member {name[:80]!r} leaves the archive's folder")
        if member.isdir():
            continue
        if not member.isfile():
            raise ValueError(f"its member {name[:80]!r} is a link or a device, not a file")
        if member.size > MAX_MEMBER_BYTES:
            raise ValueError(
                f"its member {name[:80]!r} is larger than {MAX_MEMBER_BYTES >> 20} MiB"
            )
        match = MEMBER.fullmatch(name)
        if match is None:
            continue
        file = archive.extractfile(member)
        assert file is not None  # it is a regular file
        yield match, file.read()


def _pixels(content: bytes, name: str, size: int) -> bytes:
    """The 3·S·S bytes of one image, channels first."""
    try:
        picture = Image.open(io.BytesIO(content), formats=("JPEG", "PNG"))
        if picture.size != (size, size):
            raise ValueError(
                f"its image {name[:80]!r} has {picture.width}×{picture.height} pixels, "
                f"not {size}×{size}"
            )
        return np.asarray(picture.convert("RGB")).transpose(2, 0, 1).tobytes()
    except (OSError, SyntaxError, Image.DecompressionBombError):
        raise ValueError(f"its image {name[:80]!r} cannot be read") from None


def read_archive(path: Path, size: int = 32) -> Generator[JobProgress, None, Arrays]:
    """Read all images of the archive into one uint8 array per part; yields progress in images.

    Returns arrays train_images, train_labels, test_images, test_labels (in the archive's order;
    labels are indices of the sorted class names) and about["classes"].
    Raises ValueError, one sentence, for an archive that is damaged, unsafe or without images.
    """
    pixels = {"train": bytearray(), "test": bytearray()}
    labels: dict[str, list[str]] = {"train": [], "test": []}
    try:
        with path.open("rb") as file:
            stream = cast("IO[bytes]", _BoundedXz(file))
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                for count, (match, content) in enumerate(_members(archive)):
                    part = match[1].lower()
                    pixels[part] += _pixels(content, match[0], size)
                    labels[part].append(match[2])
                    if count % 500 == 0:
                        yield JobProgress(f"reading {path.name}", count, None, "images")
        names = sorted(set(labels["train"]) | set(labels["test"]))
        if not labels["train"] or not labels["test"]:
            raise ValueError("it holds no images under train/<class>/ and test/<class>/")
        if len(names) < 2 or set(labels["train"]) != set(labels["test"]):
            raise ValueError("train/ and test/ need the same class folders, two or more")
    except (lzma.LZMAError, tarfile.TarError, EOFError):
        raise ValueError(
            f"The archive {path.name} is damaged or not a .tar.xz; get it again."
        ) from None
    except ValueError as err:
        raise ValueError(f"The archive {path.name} is refused: {err}.") from None
    arrays = {}
    for part in ("train", "test"):
        shape = (len(labels[part]), 3, size, size)
        arrays[f"{part}_images"] = np.frombuffer(pixels[part], dtype=np.uint8).reshape(shape)
        arrays[f"{part}_labels"] = np.array(
            [names.index(label) for label in labels[part]], dtype=np.int64
        )
    return Arrays(arrays, {"classes": names})
