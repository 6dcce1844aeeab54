"""Keeping a training small when batches come in a hundred shapes.

Two things grow with the number of shapes seen, not with the model: oneDNN keeps compiled products
for the last 1,024 shapes, and the C library keeps freed blocks that no later shape fits.
"""

import ctypes
import os
import sys

TRIM_EVERY = 250  # steps; more often, the pages given back and taken again slow small ones


def keep_few_kernels() -> None:
    """Let oneDNN keep 64 compiled products instead of 1,024; call before torch is imported."""
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")


def give_back() -> None:
    """Return freed memory to the system, where the C library is glibc; elsewhere do nothing."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
