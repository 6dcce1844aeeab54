"""The instrument of decoding: a step's temperature, cut and random number, and the step itself.

STEPS is the slider that all columns of a page share; each column draws the step it stands at.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dashboard.components.live import Dial, Instrument
from dashboard.components.program import digest, squeezed
from dashboard.decoding.instrument.around import around, window

if TYPE_CHECKING:
    from core.decoding.strategies import Step
    from dashboard.models.generation_cache import Text

_FILES = Path(__file__).resolve().parent
INSTRUMENT = Instrument(
    "decoding", *(_FILES / name for name in ("arithmetic.js", "around.js", "step.js"))
)
STEPS = Instrument("steps", _FILES / "steps.js")
NAMED = 100  # words that are sent by name, the most probable ones
# Of the sorted logits those of the first ranks and of the last ones are sent, and between them some
# 1,200 at most; the browser draws straight lines from one to the next.
FIRST, LAST, BETWEEN = 1024, 256, 1200
UNIT = 1e-4  # nats: of the differences that are sent


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
    logits = _packed(step)
    data: dict[str, Any] = {
        "title": name, "logits": logits, "unit": UNIT, "count": len(vocab),
        "ends": [FIRST, LAST], "every": every(len(vocab)), "bars": bars,
        "words": [vocab[i] for i in order[:NAMED]], "taken": step.rank - 1, "step": index + 1,
        "takenWord": vocab[step.token], "draw": step.draw, "forced": step.forced,
        "drawn": any(dial.key.split("-")[0] == "t" for dial in dials),
    }  # fmt: skip
    told = (logits, step.draw, step.token, index)
    data["id"] = digest(told)
    return INSTRUMENT.show(data, dials, key=key, apart={"around": around(text, index, vocab)})


@lru_cache(maxsize=64)  # some 3 KB each
def _packed(step: Step) -> str:
    return squeezed(encode(step.logits.numpy()[step.order.numpy()].astype(np.float64)))


def every(count: int) -> int:
    """The distance of the ranks that are sent between the first and the last ones."""
    return max(1, -(-(count - FIRST - LAST) // BETWEEN))


def ranks(count: int) -> np.ndarray:
    """The ranks, from 0, whose logits are sent; `unpack` of step.js finds the same."""
    between = np.arange(FIRST - 1, count - LAST, every(count))
    return np.unique(np.r_[: min(FIRST, count), between, max(0, count - LAST) : count])


def encode(ordered: np.ndarray) -> bytes:
    """Falling logits (V,) as differences of those that are sent, in units of 10⁻⁴ nats.

    A difference is a byte; 255 stands for 255 and more to come. -inf takes the smallest value.
    """
    finite = ordered[np.isfinite(ordered)]
    low = float(finite.min()) if len(finite) else 0.0
    kept = np.clip(ordered[ranks(len(ordered))], low, None)
    falls = np.diff(np.rint((kept[0] - kept) / UNIT).astype(int), prepend=0).tolist()
    return b"".join(b"\xff" * (n // 255) + bytes([n % 255]) for n in falls)
