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
        "Compute the powers of a non-normal matrix",
        ("size", "peak", "peak_step", "half_life", "end"),
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
    "symbols": Measure("Count the factors in the unrolled sums", (
        *("first_in_y2", "second_in_y2", "terms_in_y3", "T", "terms", "first_power", "last_power"),
        "highest_power",
    )),
    "operations": Measure("Count the operations of both layers", (
        *("d", "T", "rnn_doubled", "attention_doubled", "rnn_chain", "attention_chain"),
    )),
    "modes": Measure("Compute powers of a diagonal and of an orthogonal matrix", (
        *("steps", "slow", "fast", "orthogonal_change"),
    )),
    "gates": Measure("Look up the sweep over delays", (
        *("short", "long", "chance", "lstm_short", "tanh_short", "gru_long", "transformer_long"),
    )),
    "code": Measure("Compute the sinusoidal code", (
        *("first_wavelength", "last_wavelength", "off_diagonal_spread"),
    )),
    "lengths": Measure("Look up the experiment on length", (
        *("trained", "read", "learned_before", "learned_past", "sinusoidal_before"),
        *("sinusoidal_past", "none_before", "none_past"),
    )),
    "overfitting": Measure("Look up the history of vit-cifar10-course", (
        *("epochs", "lowest_epoch", "lowest_loss", "last_loss", "train", "train_at_lowest"),
        *("held_out", "held_out_at_lowest"),
    )),
    "little_data": Measure("Look up the histories on shares of CIFAR-10", tuple(
        f"{kind}_{share}" for kind in ("vit", "cnn") for share in ("all", "tenth", "hundredth")
    )),
    "early_text": Measure("Read the first and the last text of gpt-shakespeare-course", (
        *("token", "repeated", "epochs", "first_distinct", "last_distinct"),
    )),
    "scaling": Measure("Compute the softmax of scores divided by √n and not", (
        *("n", "keys", "uniform", "undivided", "divided"),
    )),
    "people": Measure("Look up the sweep of gpt-shakespeare", (
        *("people", "people_repetition", "median_setting", "low_p_repetition"),
        *("high_p_repetition", "low_p", "high_p"),
    )),
    "causality": Measure("Look at the attention of a GPT", (
        *("model", "later", "row_error", "first_row", "probability"),
    )),
    "repeats": Measure("Generate greedily and from the nucleus, three times each", (
        *("greedy_texts", "sampled_texts", "greedy_repetition", "sampled_repetition"),
    )),
    "first_difference": Measure("Compare sampled with greedy text, step by step",
                                ("seeds", "agree")),
    "heads": Measure("Remove each head of a GPT once", (
        *("model", "count", "largest", "harmless", "first_layer", "last_layer"),
    )),
    "patches": Measure("Shuffle the patches of a picture", (
        *("patches", "tokens", "same_blocks", "bag_difference", "place_difference"),
    )),
    "object_size": Measure("Compare attention on small and on large objects", (
        *("images", "small", "large", "uniform_small", "uniform_large", "on_object", "covered"),
    )),
    "maps": Measure("Delete patches by a map and at random", (
        *("images", "alike", "by_map", "by_chance"),
    )),
    "table": Measure("Read one token more than the table has rows", ("rows", "reads_more")),
    "cache": Measure("Time the 100th token with and without a cache", (
        *("T", "all_heads_ms", "last_head_ms", "cached_ms", "compiled_ms", "with_operations"),
        *("with_doubled", "without_operations", "without_doubled"),
    )),
    "sizes": Measure("Show larger pictures to a CNN and a ViT", (
        *("images", "side", "vit_trained", "vit_larger", "cnn_trained", "cnn_larger"),
    )),
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
