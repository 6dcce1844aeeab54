"""What was measured on this machine, kept in one file, and sentences filled in from it.

Nothing is invented: a sentence whose numbers are not there is not shown (`fill` gives None), and
the page offers to measure instead. Nothing here imports torch; `core.study.measure.models`
measures.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.run_files.directory import read_json, replace_json, runs_folder
from core.study.storage.database import state_folder

Values = dict[str, float | str]
_PLACE = re.compile(r"\{([a-z_]+)\.(\w+)(?::([+,]?(?:\.\d)?[ef%]))?\}")


@dataclass(frozen=True)
class Measure:
    """What `core.study.measure.models` can measure: the values it gives, and what it takes."""

    label: str
    keys: tuple[str, ...]


MEASURES = {
    "unrolled": Measure(
        "Compare the sum with the recurrence on random matrices", ("at_2", "at_3", "at_10")
    ),
    "gradient": Measure(
        "Compute how much of the first token's gradient is left",
        (
            *("near", "far", "radius", "rnn_near", "rnn_far"),
            *("attention_near", "attention_far"),
        ),
    ),
    "pieces": Measure(
        "Time a head over the pixels and over the patches of a picture",
        ("pixels", "patches", "pixel_ms", "patch_ms"),
    ),
    "positions": Measure(
        "Look for one matrix that shifts every position",
        ("tokens", "dim", "k", "sinusoidal", "random"),
    ),
    "rivals": Measure(
        "Move the pictures of Shapes under a CNN and a ViT (about 20 seconds)",
        ("images", "moved", "cnn", "vit", "cnn_still", "cnn_moved", "vit_still", "vit_moved"),
    ),
    "decay": Measure(
        "Compute the powers of a non-normal matrix", ("size", "peak", "peak_step", "half_life")
    ),
    "cost": Measure(
        "Time an RNN and a self-attention layer (about 10 seconds)",
        ("d", "T_low", "T_high", "rnn_low", "rnn_high", "attention_low", "attention_high"),
    ),
    "generation": Measure(
        "Time reading and generating with a GPT (about 10 seconds)",
        (
            *("model", "tokens", "parallel", "uncached", "cached"),
            *("uncached_s", "cached_s", "speedup"),
        ),
    ),
    "strategies": Measure(
        "Generate greedily and from the nucleus (about 5 seconds)",
        (
            *("model", "tokens", "greedy_ms", "nucleus_ms"),
            *("greedy_distinct", "nucleus_distinct"),
        ),
    ),
    "empty_prompt": Measure("Generate from the empty prompt", ("model", "text")),
    "samples": Measure("Read the samples of a GPT's training", ("label", "first_epoch", "first",
                                                               "last_epoch", "last")),
    "heatmap": Measure(
        "Measure attention against the masks of Shapes (about 10 seconds)",
        ("images", "model", "covered", "on_object", "correlation"),
    ),
    "runs": Measure(
        "Look up the Vision Transformers trained here", ("label", "train", "held_out", "epochs")
    ),
}  # fmt: skip


def store_path() -> Path:
    """In the state folder; earlier versions kept it in the folder that holds the runs folder."""
    return state_folder() / "measurements.json"


def measured(path: Path | None = None) -> dict[str, Values]:
    """Everything measured so far; empty when there is nothing or the file is damaged."""
    table: dict[str, Any] = {}
    for place in [path] if path else [runs_folder().parent / "measurements.json", store_path()]:
        with suppress(ValueError, OSError):
            table |= read_json(place)
    return {
        name: values
        for name, values in table.items()
        if name in MEASURES and isinstance(values, dict) and set(MEASURES[name].keys) <= set(values)
    }


def record(name: str, values: Mapping[str, float | str], path: Path | None = None) -> None:
    """Keep one measurement, with the day it was made. Raises ValueError for missing values."""
    lacking = sorted(set(MEASURES[name].keys) - set(values))
    if lacking:
        raise ValueError(f"The measurement {name} lacks {lacking[0]}: measure it again.")
    kept = measured(path)
    path = path or store_path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept[name] = {**values, "day": time.strftime("%Y-%m-%d")}
    replace_json(path, json.loads(json.dumps(kept)))


def places(text: str) -> list[tuple[str, str]]:
    """(measurement, value) of every place in a sentence that is filled in."""
    return [(match[1], match[2]) for match in _PLACE.finditer(text)]


def fill(text: str, at_hand: Mapping[str, Values]) -> str | None:
    """The sentence with its numbers, or None when one of them has not been measured."""

    def number(match: re.Match[str]) -> str:
        value = at_hand[match[1]][match[2]]
        if isinstance(value, str) or not match[3]:
            return str(value)
        if not math.isfinite(value):
            return "not a number"
        return _ten(value) if match[3].endswith("e") else format(value, match[3])

    try:
        return _PLACE.sub(number, text)
    except KeyError:
        return None


def _ten(value: float) -> str:
    """0.00123 as 1·10⁻³: what `:e` means in these sentences."""
    if not value:
        return "0"
    digit, exponent = f"{value:.0e}".split("e")
    return f"{digit}·10{str(int(exponent)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"
