"""Imported libraries are kept out of the garbage collector's searches.

A full search goes through every object in memory, in one thread while all others wait. With PyTorch
imported these are 400,000 objects that are never thrown away.
"""

import gc
import sys
import threading

LIBRARIES = frozenset({"plotly", "torch", "sympy"})  # the large ones, imported when first needed

_set_aside: set[str] = set()
_lock = threading.Lock()


def set_aside_libraries() -> bool:
    """Set aside what is in memory, once for each of LIBRARIES; true where it was done now."""
    new = (LIBRARIES - _set_aside) & sys.modules.keys()
    if not new or not _lock.acquire(blocking=False):
        return False
    try:
        _set_aside.update(new)
        gc.collect()  # what is garbage now would stay for good
        gc.freeze()
        return True
    finally:
        _lock.release()
