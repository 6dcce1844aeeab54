"""Large libraries: torch and NLTK are imported ahead, and none is searched through for garbage."""

import ctypes
import gc
import os
import sys
import threading
import time
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psutil

LIBRARIES = frozenset({"nltk", "plotly", "sympy", "torch"})  # imported when first needed
AHEAD = "torch ahead"
# A quiet moment: for LOOK seconds the server uses at most OWN processors, and FREE of all are free.
LOOK, OWN, FREE = 0.3, 0.1, 1.5
# In the order and the ways in which torch opens them itself.
SHARED = {"libtorch_global_deps.so": "RTLD_GLOBAL", "libtorch_python.so": "RTLD_LOCAL"}

# Python searches for garbage after every 700 new objects, now and then through all. The import of
# torch brings 300,000, none of them garbage: a fifth of its time went into searches.
SELDOM = (50_000, 20, 10)

_set_aside: set[str] = set()
_lock = threading.Lock()
_usual = gc.get_threshold()


@cache
def search_seldom() -> None:
    """Search for garbage seldom until torch has been imported and set aside, then as usual."""
    if "torch" not in _set_aside:
        gc.set_threshold(*SELDOM)


def set_aside_libraries() -> bool:
    """Set aside what is in memory, once for each of LIBRARIES; true where it was done now.

    A full search for garbage goes through every object in memory, in one thread while all others
    wait. With PyTorch imported these are 400,000 objects that are never thrown away.
    """
    new = {name for name in LIBRARIES - _set_aside if _imported(name)}
    if not new or not _lock.acquire(blocking=False):
        return False
    try:
        _set_aside.update(new)
        gc.collect()  # what is garbage now would stay for good
        gc.freeze()
        if "torch" in new:
            gc.set_threshold(*_usual)
        return True
    finally:
        _lock.release()


@cache
def import_torch_ahead() -> threading.Thread:
    """Import torch, then NLTK, in the background, once; however often it is called.

    Each begins when the server has nothing to do and processors are free: earlier it would slow
    down the page that is being drawn. NLTK cuts the first text that somebody types.
    """
    # Whoever stops the dashboard need not wait for it.
    importing = threading.Thread(target=_import_ahead, name=AHEAD, daemon=True)
    importing.start()
    return importing


@cache
def open_torch_ahead() -> threading.Thread:
    """Open torch's shared libraries in the background, once: a page will import it in a moment."""
    opening = threading.Thread(target=_open_shared_libraries, daemon=True)
    opening.start()
    return opening


def _import_ahead() -> None:
    """Nothing where one cannot be imported: the page that needs it says why."""
    try:
        _wait_for_a_quiet_moment("torch")
        search_seldom()
        _open_shared_libraries()
        import torch  # noqa: F401

        set_aside_libraries()
        _wait_for_a_quiet_moment("nltk")
        import nltk  # noqa: F401
        import punkt  # noqa: F401

        set_aside_libraries()
    except (ImportError, OSError):
        gc.set_threshold(*_usual)


def _wait_for_a_quiet_moment(name: str) -> None:
    """Until the server has nothing to do, or a page has imported the library itself."""
    while not (_imported(name) or _idle()):
        pass


def _idle() -> bool:
    began, used = time.monotonic(), time.process_time()
    free = (psutil.cpu_count() or 1) * (1 - psutil.cpu_percent(LOOK) / 100)
    own = (time.process_time() - used) / (time.monotonic() - began)
    return free >= FREE and own <= OWN


def _open_shared_libraries() -> None:
    """Open torch's shared libraries, a third of what its import takes, while all threads go on.

    An import that opens one keeps every thread waiting; a call through ctypes lets them run. Only
    on Linux, where it was tried; elsewhere the import alone does it.
    """
    found = find_spec("torch")
    if sys.platform != "linux" or found is None or not found.submodule_search_locations:
        return
    open_library = ctypes.CDLL(None).dlopen
    open_library.restype = ctypes.c_void_p
    for name, seen_by in SHARED.items():
        path = Path(found.submodule_search_locations[0], "lib", name)
        if not open_library(os.fsencode(path), os.RTLD_NOW | getattr(os, seen_by)):
            return  # torch knows more places to look for what is missing


def _imported(name: str) -> bool:
    """Whether it is in memory as a whole. Another thread may be in the middle of its import."""
    module = sys.modules.get(name)
    return module is not None and not getattr(module.__spec__, "_initializing", False)
