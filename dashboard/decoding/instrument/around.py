"""The steps around one, in some 100 bytes each: what is drawn while the Step slider moves.

Of each step's sorted logits, the most probable words are sent by name, of the others some knots,
evenly spread over the logarithm of the rank; around.js draws straight lines between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from cachetools import LRUCache, cached

from dashboard.components.program import digest, squeezed

if TYPE_CHECKING:
    from dashboard.models.generation_cache import GeneratedToken, Text

NAMED, KNOTS = 16, 30  # words of a step that are sent by name; places of the curve below them
UNIT = 0.01  # nats: of the differences that are sent
SENT = 37  # steps, at most
_SKETCHES = 8192  # some 500 bytes each


def ranks(count: int) -> np.ndarray:
    """The ranks, from 0, whose logits are sent: each of the first, then on a logarithmic scale."""
    first = min(NAMED, count)
    spread = np.rint(np.geomspace(first, count, KNOTS)).astype(int) - 1
    return np.unique(np.concatenate([np.arange(first), spread]))


def around(text: Text, index: int, vocab: Sequence[str]) -> dict[str, Any]:
    """The steps around `index`, counted from 0, as around.js reads them."""
    steps = window(len(text.generated), index)
    return {"first": steps.start} | packed(
        [_sketch(text, i) for i in steps], [text.generated[i] for i in steps], vocab
    )


def window(count: int, index: int) -> range:
    """The SENT steps around `index` of a text of `count`, or all of a shorter one."""
    first = max(0, min(index - SENT // 2, count - SENT))
    return range(first, min(count, first + SENT))


def packed(
    sketches: Sequence[tuple[tuple[int, ...], bytes]],
    tokens: Sequence[GeneratedToken],
    vocab: Sequence[str],
) -> dict[str, Any]:
    """Sketches of steps and the tokens taken there, as `unpackAround` reads them."""
    ids = np.array([ids for ids, _ in sketches])
    names, places = np.unique(np.append(ids, [t.token for t in tokens]), return_inverse=True)
    body = places.astype("<u2").tobytes() + b"".join(codes for _, codes in sketches)
    taken = [[t.rank - 1, None if t.draw is None else round(t.draw, 8), t.forced] for t in tokens]
    data: dict[str, Any] = {
        "ranks": ranks(len(vocab)).tolist(), "named": ids.shape[1], "unit": UNIT,
        "body": squeezed(body), "taken": taken,
        "words": [vocab[i] for i in names],
    }  # fmt: skip
    return data | {"id": digest(data)}


@cached(LRUCache(_SKETCHES), key=lambda text, index: (text.source, index), lock=Lock())
def _sketch(text: Text, index: int) -> tuple[tuple[int, ...], bytes]:
    return sketch(text.logits(index).numpy())


def sketch(logits: np.ndarray) -> tuple[tuple[int, ...], bytes]:
    """The ids of the most probable words, and the `falls` from one rank to the next in UNITs."""
    ordered = np.sort(logits)[::-1]
    first = min(NAMED, len(logits))
    candidates = np.flatnonzero(logits >= ordered[first - 1])
    ids = candidates[np.argsort(-logits[candidates], kind="stable")][:first]
    finite = ordered[np.isfinite(ordered)]
    low = float(finite.min()) if len(finite) else 0.0
    sampled = np.clip(ordered[ranks(len(logits))].astype(np.float64), low, None)
    return tuple(ids.tolist()), falls(np.rint((sampled[0] - sampled) / UNIT).astype(int))


def falls(depths: Sequence[int] | np.ndarray) -> bytes:
    """By how much each of these rising numbers is above the one before, a byte each.

    255 means 255 and more to come.
    """
    steps = np.diff(depths, prepend=0).tolist()
    return b"".join(b"\xff" * (n // 255) + bytes([n % 255]) for n in steps)
