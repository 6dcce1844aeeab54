"""The instrument of decoding: a step's temperature, cut and random number, and the step itself.

STEPS is the slider that all columns of a page share; each column draws the step it stands at.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dashboard.components.live import Dial, Instrument
from dashboard.components.program import digest
from dashboard.decoding.instrument.around import around, window

if TYPE_CHECKING:
    from core.decoding.strategies import Step
    from dashboard.models.generation_cache import Text

_FILES = Path(__file__).resolve().parent
INSTRUMENT = Instrument(
    "decoding", *(_FILES / name for name in ("arithmetic.js", "around.js", "step.js"))
)
STEPS = Instrument("steps", _FILES / "steps.js")
CODES = 65535
NAMED = 150  # words that are sent by name, the most probable ones


def show_steps(dial: Dial) -> None:
    """The Step slider of the page; dial: from 1 to the number of steps."""
    sent = window(int(dial.high), int(dial.value) - 1)
    STEPS.show({"first": sent.start + 1, "last": sent.stop}, [dial])


def show(
    text: Text, index: int, name: str, vocab: Sequence[str], dials: Sequence[Dial], *,
    key: str, bars: int,
) -> bool:  # fmt: skip
    """Draw step `index` of a text, counted from 0; false where the instrument has stopped.

    name: of the text, above its figure. bars: words to show.
    """
    if INSTRUMENT.stopped:  # then none of this is sent
        return INSTRUMENT.show({}, dials, key=key)
    step = text.step(index)
    order = step.order.numpy()
    logits, high, low = _packed(step)
    data: dict[str, Any] = {
        "title": name, "logits": logits, "high": high, "low": low, "count": len(vocab),
        "bars": bars,
        "words": [vocab[i] for i in order[:NAMED]], "taken": step.rank - 1, "step": index + 1,
        "takenWord": vocab[step.token], "draw": step.draw, "forced": step.forced,
        "drawn": any(dial.key.split("-")[0] == "t" for dial in dials),
    }  # fmt: skip
    told = (logits, high, low, step.draw, step.token, index)
    data["id"] = digest(told)
    return INSTRUMENT.show(data, dials, key=key, apart={"around": around(text, index, vocab)})


@lru_cache(maxsize=64)  # some 10 KB each
def _packed(step: Step) -> tuple[str, float, float]:
    ordered = step.logits.numpy()[step.order.numpy()].astype(np.float64)
    codes, high, low = encode(ordered)
    return base64.b64encode(codes).decode(), high, low


def encode(ordered: np.ndarray) -> tuple[bytes, float, float]:
    """Falling logits (V,) as 16-bit codes, the differences of neighbours deflated; their range.

    A difference is a byte; 255 stands for 255 and more to come. -inf takes the smallest code.
    """
    finite = ordered[np.isfinite(ordered)]
    high, low = (float(finite.max()), float(finite.min())) if len(finite) else (0.0, 0.0)
    span = (high - low) or 1.0
    codes = np.rint((np.clip(ordered, low, high) - low) / span * CODES).astype(np.int64)
    codes = np.where(high > low, codes, CODES)
    steps = -np.diff(codes, prepend=CODES)
    parts = b"".join(b"\xff" * (n // 255) + bytes([n % 255]) for n in steps.tolist())
    return zlib.compress(parts, 6), high, low
