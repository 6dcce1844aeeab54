"""Reads the attention snapshots of a run: the fixed example, and its maps at some steps.

core/training/attention_snapshots.py writes the files. Nothing here imports torch.
"""

import math
import os
import re
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.run_files import schema

MAX_VALUES = 4_000_000  # of one array: 12 layers of 12 heads on 160 tokens
MAX_HEADER = 4_096  # bytes; ours have 118
MAGIC = b"\x93NUMPY\x01\x00"
HEADER = re.compile(  # as NumPy writes it; it would read it with Python's own parser
    rb"\{'descr': '([<>]f[248])', 'fortran_order': (True|False), "
    rb"'shape': \(((?:\d{1,9}, ?)*\d{0,9})\), \} *\n"
)


def steps(run: Path) -> dict[int, Path]:
    """Step -> file, by ascending step."""
    paths = (run / "attention").glob("step-*.npy")
    numbers = {p.stem.removeprefix("step-"): p for p in paths}
    return dict(sorted((int(n), p) for n, p in numbers.items() if n.isdecimal() and len(n) < 16))


def example(run: Path) -> list[str] | NDArray[np.uint8]:
    """The words, or the pixels 3×S×S, of the fixed example. Errors: ValueError, one sentence."""
    path = run / "attention" / "example.json"
    about = schema.read(path, schema.Example)
    if "words" in about:
        return about["words"]
    try:
        pixels = np.asarray(about.get("pixels", []), dtype=np.uint8)
    except ValueError:
        pixels = np.zeros(0, dtype=np.uint8)
    if pixels.ndim != 3 or len(pixels) != 3 or pixels.shape[1] != pixels.shape[2]:
        raise ValueError(f"{schema.label(path)} is damaged: it holds neither words nor a picture.")
    return pixels


def maps(path: Path, shown: list[str] | NDArray[np.uint8]) -> NDArray[np.float32]:
    """(L, H, T, T) for T words, (L, H, P) with a square number P for a picture.

    The header is compared with the size of the file before memory is allocated. Errors:
    ValueError, one sentence.
    """
    try:
        values = _array(path)
    except OSError as error:
        raise ValueError(f"{schema.label(path)} cannot be read: {error.strerror}.") from error
    words = len(shown) if isinstance(shown, list) else 0
    if words:
        fits = values.ndim == 4 and values.shape[2:] == (words, words)
    else:
        fits = values.ndim == 3 and round(values.shape[2] ** 0.5) ** 2 == values.shape[2]
    if not fits or not values.size:
        raise ValueError(f"{schema.label(path)} is damaged: its maps do not fit the example.")
    if not np.isfinite(values).all():
        raise ValueError(f"{schema.label(path)} holds NaN or infinity: the training diverged.")
    return values


def _array(path: Path) -> NDArray[np.float32]:
    with open(path, "rb") as file:
        start = file.read(10)
        header = file.read(min(MAX_HEADER, int.from_bytes(start[8:], "little")))
        match = HEADER.fullmatch(header) if start[:8] == MAGIC else None
        if match is None:
            raise ValueError(f"{schema.label(path)} is damaged: it is not an array of floats.")
        dtype = np.dtype(match[1].decode("ascii"))
        shape = [int(length) for length in match[3].replace(b",", b" ").split()]
        count = math.prod(shape)
        if len(shape) > 4 or not 1 <= count <= MAX_VALUES:
            raise ValueError(
                f"{schema.label(path)} is damaged: it should hold 1 to {MAX_VALUES:,} floats."
            )
        length = os.fstat(file.fileno()).st_size - file.tell()
        if length != count * dtype.itemsize:
            raise ValueError(
                f"{schema.label(path)} is damaged: its length differs from its header."
            )
        data = file.read(length)
    order: Literal["F", "C"] = "F" if match[2] == b"True" else "C"
    return np.frombuffer(data, dtype).reshape(shape, order=order).astype(np.float32)
