"""A cache of pictures: one that was drawn before is not drawn again."""

import hashlib
from collections.abc import Callable
from threading import Lock
from typing import Any

import numpy as np
from cachetools import LRUCache, cached

KEPT = 256  # of each kind, some tens of KB each


def memoise(draw: Callable[..., bytes]) -> Callable[..., bytes]:
    """`draw` with a cache of its last 256 results, shared by all sessions.

    For pure functions of arrays, numbers, texts and lists of these; the key is a hash of their
    contents.
    """
    cache: LRUCache[bytes, bytes] = LRUCache(KEPT)
    return cached(cache, key=_key, lock=Lock())(draw)


def _key(*args: Any, **kwargs: Any) -> bytes:
    return _digest([*args, *sorted(kwargs.items())])


def _digest(value: object) -> bytes:
    if isinstance(value, np.ndarray) and value.dtype != object:
        digest = hashlib.blake2b(f"{value.dtype} {value.shape}".encode(), digest_size=16)
        digest.update(np.ascontiguousarray(value).data)
        return digest.digest()
    if isinstance(value, list | tuple):
        content = b"sequence" + b"".join(map(_digest, value))
    else:
        content = f"{type(value).__name__} {value!r}".encode()
    return hashlib.blake2b(content, digest_size=16).digest()
