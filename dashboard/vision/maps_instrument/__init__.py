"""The instrument of a Vision Transformer's maps: sliders for layer, head and patch."""

from __future__ import annotations

import base64
import math
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from dashboard.components.attention_view import encode
from dashboard.components.live import Dial, Instrument, packed
from dashboard.components.program import digest, is_index

_FILES = Path(__file__).resolve().parent
INSTRUMENT = Instrument("maps", *(_FILES / f for f in ("arithmetic.js", "drawing.js", "maps.js")))
MOST = 100_000  # bytes of deflated maps that are sent
FINEST = 96  # pixels of the picture's side that are sent, about


def fits(shape: Sequence[int]) -> bool:
    """Whether maps (L, H, T, T) may be small enough to be sent, before they are packed."""
    return math.prod(shape) <= 20 * MOST


def show(
    alphas: np.ndarray, image: np.ndarray, predictions: Sequence[tuple[str, float]],
    true: str | None, dials: Sequence[Dial], *, query: int, rollout: bool,
) -> bool:  # fmt: skip
    """Draw it; false where it has stopped, or where the maps are too many to be sent.

    alphas: (L, H, T, T), token 0 the class token. image: (S, S, 3) uint8. predictions: the most
    probable classes. true: the name of the picture's class. rollout: whether attention is followed
    through the layers instead. query: the token whose row is shown, counted from 0.
    """
    layers, heads, tokens, _ = alphas.shape
    codes = zlib.compress(encode(alphas).tobytes(), 6)
    if len(codes) > MOST:
        return False
    side = round((tokens - 1) ** 0.5)
    picture = _small(image, side)
    data: dict[str, Any] = {
        "maps": base64.b64encode(codes).decode(), "layers": layers, "heads": heads, "side": side,
        "picture": packed(picture, "u1"), "pixels": len(picture), "rollout": rollout,
        "said": [[name, float(f"{p:.6g}")] for name, p in predictions], "true": true,
    }  # fmt: skip
    data["id"] = digest(codes + picture.tobytes())
    return INSTRUMENT.show(
        data, dials, others={"patch": (query, lambda value: is_index(value, tokens))}
    )


def _small(image: np.ndarray, side: int) -> np.ndarray:
    """The picture in a whole number of pixels a patch, about FINEST of them along its side."""
    pixels = side * max(1, min(len(image), FINEST) // side)
    if len(image) == pixels:
        return image
    return np.asarray(Image.fromarray(image).resize((pixels, pixels), Image.Resampling.BOX))
