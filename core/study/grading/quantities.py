"""Questions whose answer is a number with its unit, drawn for each seed.

A number without a unit is not graded as right, and neither is one with a unit of something else.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from core.study.grading.grade import Grade
from core.study.grading.number_task import NumberTask
from core.study.grading.numbers import grade_number, read_number, without_coincidences

BYTES = {
    **{"B": 1.0, "bytes": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9},
    **{"KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30},
}
SECONDS = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "us": 1e-6}
INFORMATION = {"nats": 1.0, "nat": 1.0, "bits": math.log(2), "bit": math.log(2)}
_SHOWN = 4  # of the units, in an error

_WRITTEN = re.compile(r"(?P<number>.*?[\d.])\s*(?P<unit>[A-Za-zµμ]*)\s*")


@dataclass(frozen=True)
class QuantityTask:
    """task: the number, in the unit that counts 1. units: what may be written, each with its size
    in that unit."""

    task: NumberTask
    units: Mapping[str, float]


@lru_cache(maxsize=1024)  # a page asks again at every change of a control
def draw_quantity(variant: str, seed: str) -> QuantityTask:
    """The task of this variant for this seed, the same on every machine."""
    drawn = QUANTITIES[variant](random.Random(f"{variant}:{seed}"))
    return replace(drawn, task=without_coincidences(drawn.task))


def grade_quantity(drawn: QuantityTask, text: str) -> Grade:
    """Grade the number and its unit in `text`. Never raises."""
    match = _WRITTEN.fullmatch(text.strip()) if len(text) < 60 else None
    number = read_number(match["number"]) if match else None
    units = ", ".join(list(drawn.units)[:_SHOWN])
    if match is None or number is None:
        return Grade(False, f"Write a number and its unit, one of {units}.")
    unit = match["unit"].replace("μ", "µ")  # two characters that look the same
    if not unit:
        return Grade(False, f"The unit is missing: write one of {units} after the number.")
    known = {name.lower(): size for name, size in drawn.units.items()} | dict(drawn.units)
    size = known.get(unit, known.get(unit.lower()))
    if size is None:
        return Grade(False, f"{unit[:12]} is not a unit of this quantity: write one of {units}.")
    return grade_number(drawn.task, repr(number * size))


def written(drawn: QuantityTask) -> str:
    """The right answer as it may be typed."""
    return f"{drawn.task.answer!r} {drawn.task.unit}"


def cache_memory(rng: random.Random) -> QuantityTask:
    """2 L H n T numbers of the width given, for B texts at once."""
    L, H, n = rng.choice([(12, 12, 64), (24, 16, 64), (32, 32, 128), (6, 6, 32)])
    T, B = rng.choice([512, 1024, 2048, 4096]), rng.choice([4, 8, 16])
    numbers = 2 * L * H * n * T
    answer = float(numbers * 2 * B)
    task = NumberTask(
        f"A model has {L} layers of {H} heads with n = {n}. How much memory does its KV cache take "
        f"for {B} texts of {T:,} tokens in float16? Write the number with its unit.",
        answer,
        "bytes",
        0.01,
        (
            (answer / 2, "A factor 2 is missing: keys and values, or two bytes for each number."),
            (answer / B, f"That is one text, and {B} are kept."),
            (answer / L, f"Each of the {L} layers has keys and values of its own."),
            (answer / H, f"Each of the {H} heads has keys and values of its own."),
            (answer * 2, "In float16 a number takes two bytes."),
            (answer * 8, "Those are bits: divide by 8."),
            (answer * 1.048576, "Those are MiB, of 2²⁰ bytes; an MB has 10⁶."),
        ),
        f"2 · {L} · {H} · {n} · {T:,} · {B} numbers of 2 bytes = {answer / 1e6:,.1f} MB.",
    )
    return QuantityTask(task, BYTES)


def training_memory(rng: random.Random) -> QuantityTask:
    """AdamW in float32 keeps 16 bytes for each parameter."""
    millions = rng.choice([5, 10, 25, 60, 124, 350, 774])
    answer = millions * 16e6
    task = NumberTask(
        f"A model has {millions} million parameters and is trained with AdamW in float32. How much "
        "memory do weights, gradients and the two moving averages take together? Write the number "
        "with its unit.",
        answer,
        "bytes",
        0.01,
        (
            (answer / 4, "Those are the weights alone."),
            (answer / 2, "Two arrays are missing: AdamW keeps two moving averages."),
            (answer * 3 / 4, "One array is missing: weights, gradients and two moving averages."),
            (answer / 16, "That is the number of parameters: each float32 takes four bytes."),
            (answer * 8, "Those are bits: divide by 8."),
            (answer * 2, "A float32 takes four bytes, not eight."),
        ),
        f"4 arrays of {millions} million numbers of 4 bytes = {answer / 1e6:,.0f} MB.",
    )
    return QuantityTask(task, BYTES)


def token_time(rng: random.Random) -> QuantityTask:
    """The weights are read once for each token: their bytes divided by the bandwidth."""
    millions = rng.choice([125, 350, 1000, 3000, 7000])
    rate, width = rng.choice([50, 100, 400, 900, 2000]), rng.choice([2, 4])
    answer = millions * 1e6 * width / (rate * 1e9)
    kind = {2: "float16", 4: "float32"}[width]
    task = NumberTask(
        f"To generate one token, all {millions:,} million weights of a model ({kind}) are read "
        f"from memory once, at {rate:,} GB/s. How long does a token take at least? Write the "
        "number with its unit.",
        answer,
        "s",
        0.02,
        (
            (answer / width, f"Each weight takes {width} bytes."),
            (answer / width * 8, f"Each weight takes {width} bytes, and GB/s counts bytes."),
            (answer * 8, "GB/s are gigabytes, not gigabits: do not multiply by 8."),
            (answer * 1000, "Check the unit: 1 s is 1,000 ms."),
            (answer / 1000, "Check the unit: 1 s is 1,000 ms."),
            (1 / answer, "That is how many tokens fit into a second."),
        ),
        f"{millions:,} · 10⁶ · {width} bytes / ({rate:,} · 10⁹ bytes/s) = {answer * 1000:,.2f} ms.",
    )
    return QuantityTask(task, SECONDS)


def surprise(rng: random.Random) -> QuantityTask:
    """-ln p in nats, or -log2 p in bits."""
    p = rng.choice([0.5, 0.25, 0.2, 0.1, 0.05, 0.02, 0.01])
    answer = -math.log(p)
    task = NumberTask(
        f"The model gives the right next token the probability {p:g}. What is the loss of this "
        "token? Write the number with its unit, nats or bits.",
        answer,
        "nats",
        0.01,
        (
            (answer * math.log(2), "That is −ln p: its unit is the nat."),
            (answer / math.log(2), "That is −log₂ p: its unit is the bit."),
            (-answer, "The sign is wrong: the loss is −ln p, and ln p is negative."),
            (-math.log10(p), "The logarithm to base 10 gives neither nats nor bits."),
            (1 / p, "That is the perplexity, e to the loss."),
            (1 - p, "The loss is the negative logarithm of p, not 1 − p."),
        ),
        f"−ln {p:g} = {answer:.3f} nats = {answer / math.log(2):.3f} bits.",
    )
    return QuantityTask(task, INFORMATION)


def map_memory(rng: random.Random) -> QuantityTask:
    """L H ((S/p)² + 1)² weights of 4 bytes."""
    S, p = rng.choice([(32, 4), (64, 8), (64, 4), (96, 8), (224, 16), (224, 14)])
    L, H = rng.choice([2, 4, 6, 12]), rng.choice([3, 4, 8, 12])
    tokens = (S // p) ** 2 + 1
    answer = float(4 * L * H * tokens**2)
    task = NumberTask(
        f"A Vision Transformer cuts a {S}×{S} picture into patches of {p}×{p} pixels and puts a "
        f"class token in front. It has {L} layers of {H} heads. How much memory do all attention "
        "weights of one picture take in float32? Write the number with its unit.",
        answer,
        "bytes",
        0.004,
        (
            (4 * L * H * (tokens - 1) ** 2, "The class token is a token too."),
            (4 * L * H * tokens, "There is a weight for each pair of tokens."),
            (answer / 4, "A float32 takes four bytes."),
            (answer / L, f"Each of the {L} layers has weights of its own."),
            (answer / H, f"Each of the {H} heads has weights of its own."),
            (answer * 8, "Those are bits: divide by 8."),
            (answer * 2, "Keys and values are not asked for, only the weights."),
        ),
        f"{L} · {H} · {tokens}² weights of 4 bytes = {answer / 1e6:,.2f} MB.",
    )
    return QuantityTask(task, BYTES)


QUANTITIES: dict[str, Callable[[random.Random], QuantityTask]] = {
    "cache_memory": cache_memory,
    "training_memory": training_memory,
    "token_time": token_time,
    "surprise": surprise,
    "map_memory": map_memory,
}
