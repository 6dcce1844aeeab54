"""The instrument of decoding: a step's temperature, cut and random number, and the step itself.

STEPS is the slider that all columns of a page share; each column draws that step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from dashboard import controls
from dashboard.components.live import Dial, Instrument
from dashboard.components.program import digest, squeezed
from dashboard.decoding.instrument.around import around, falls, window

if TYPE_CHECKING:
    from core.decoding.strategies import Step
    from dashboard.models.generation_cache import Text

_FILES = Path(__file__).resolve().parent
INSTRUMENT = Instrument(
    "decoding", *(_FILES / name for name in ("arithmetic.js", "around.js", "step.js"))
)
STEPS = Instrument("steps", _FILES / "steps.js")
NAMED = 100  # words that are sent by name, the most probable ones
# Of the sorted logits the first ones are sent, and of the others as few as straight lines between
# them need to miss none by more than NEAR.
FIRST = 1024
UNIT = 1e-4  # nats: of the differences that are sent
NEAR = 20  # units, 0.002 nats: no probability changes by more than 0.2%


def choose_step(count: int) -> int:
    """The Step slider of the page, from 1 to `count`; returns the index of the step, from 0."""
    with st.container(key="figure-step"):
        dial = controls.dial("Step", 1, count, 1, key="step", help="Or click a word.")
        index = int(dial.value) - 1
        steps = window(count, index)
        STEPS.show({"first": steps.start + 1, "last": steps.stop}, [dial])
    return index


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
        "first": FIRST, "bars": bars,
        "words": [vocab[i] for i in order[:NAMED]], "taken": step.rank - 1, "step": index + 1,
        "takenWord": vocab[step.token], "draw": step.draw, "forced": step.forced,
        "drawn": any(dial.key.split("-")[0] == "t" for dial in dials),
    }  # fmt: skip
    content = (logits, step.draw, step.token, index)
    data["id"] = digest(content)
    return INSTRUMENT.show(data, dials, key=key, apart={"around": around(text, index, vocab)})


@lru_cache(maxsize=64)  # some 3 KB each
def _packed(step: Step) -> str:
    return squeezed(encode(step.logits.numpy()[step.order.numpy()].astype(np.float64)))


def encode(ordered: np.ndarray) -> bytes:
    """Falling logits (V,) as a few points and the straight lines between them.

    First the distances between the ranks of points, a byte each, from rank FIRST on: before it,
    every rank is a point. Then the `falls` from each point to the next, in units of 10⁻⁴ nats.
    -inf takes the smallest value.
    """
    finite = ordered[np.isfinite(ordered)]
    low = float(finite.min()) if len(finite) else 0.0
    depths = np.rint((ordered[0] - np.clip(ordered, low, None)) / UNIT).astype(int).tolist()
    at = _points(depths)
    apart = np.diff(at[FIRST - 1 :]).tolist()
    return bytes(apart) + falls([depths[rank] for rank in at])


def _points(depths: Sequence[int]) -> list[int]:
    """The ranks of points: as few as straight lines need that miss no depth by more than NEAR."""
    last = len(depths) - 1
    at = list(range(min(FIRST, last + 1)))
    while (start := at[-1]) < last:
        end, least, most = start + 1, -math.inf, math.inf
        for rank in range(start + 1, min(start + 255, last) + 1):
            run, fall = rank - start, depths[rank] - depths[start]
            if least <= fall / run <= most:
                end = rank
            least, most = max(least, (fall - NEAR) / run), min(most, (fall + NEAR) / run)
            if least > most:
                break
        at.append(end)
    return at
