"""The instrument of heads switched off: what each adds to a logit directly."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.components.live import Instrument

if TYPE_CHECKING:
    from torch import Tensor

    from core.interpret.direct import DirectLogits

_FILES = Path(__file__).resolve().parent
INSTRUMENT = Instrument("heads", _FILES / "arithmetic.js", _FILES / "heads.js")
OFF = re.compile(r"(?:\d{1,2}\.\d{1,2}(?:,\d{1,2}\.\d{1,2}){0,2499})?")
Pairs = frozenset[tuple[int, int]]


def show(
    parts: DirectLogits, words: Sequence[str], off: Pairs, computed: Tensor,
    on_release: Callable[[Pairs], None],
) -> bool:  # fmt: skip
    """Draw it; false where it has stopped.

    words: the names of the words of `parts`. off: the heads (layer, head), counted from 0.
    computed: (W,), their logits as the model computes them without these heads. on_release is
    called with the heads that a user has switched off.
    """
    layers, heads, _ = parts.heads.shape
    data = {
        "heads": _rounded(parts.heads), "lens": _rounded(parts.lens),
        "scale": _rounded(parts.scale), "words": list(words),
        "computed": {"off": as_text(off), "logits": _rounded(computed)},
    }  # fmt: skip

    def fits(value: object) -> bool:
        if not isinstance(value, str) or OFF.fullmatch(value) is None:
            return False
        return all(i < layers and j < heads for i, j in as_pairs(value))

    def released(values: Mapping[str, Any]) -> None:
        if "heads_off" in values:
            on_release(as_pairs(values["heads_off"]))

    return INSTRUMENT.show(
        data, [], others={"heads_off": (as_text(off), fits)}, on_release=released
    )


def as_text(off: Pairs) -> str:
    """Heads as the browser writes them: "0.0,1.2" are the first one of layer 1 and the third one of
    layer 2."""
    return ",".join(f"{layer}.{head}" for layer, head in sorted(off))


def as_pairs(text: str) -> Pairs:
    """The opposite of `as_text`."""
    pairs = (one.split(".") for one in text.split(",") if one)
    return frozenset((int(layer), int(head)) for layer, head in pairs)


def _rounded(values: Tensor) -> Any:
    """As nested lists of seven digits."""
    if values.ndim > 1:
        return [_rounded(row) for row in values]
    return [float(f"{value:.7g}") for value in values.tolist()]
