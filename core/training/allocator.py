"""Limits on memory that grows with the number of different batch shapes, not with the model.

oneDNN keeps compiled kernels for the last 1,024 shapes, and the C library keeps freed blocks that
no later shape fits.
"""

import ctypes
import os
import sys

TRIM_EVERY = 250  # steps; more often slows small steps: the pages are soon needed again


def limit_kernel_cache() -> None:
    """Let oneDNN keep 64 compiled kernels instead of 1,024; call it before torch is imported."""
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")


def trim_heap() -> None:
    """Return freed memory to the system, where the C library is glibc; elsewhere do nothing."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
