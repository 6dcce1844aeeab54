"""The library of kernel.cpp, built and cached by core/compiled/build.py."""

import ctypes
from functools import cache
from pathlib import Path

from core.compiled.build import load_library

SOURCE = Path(__file__).with_name("kernel.cpp")


@cache
def load_kernel() -> ctypes.CDLL | None:
    """The compiled library of decoding, or None; see `load_library`."""
    return load_library(SOURCE)
