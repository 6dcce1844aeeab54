"""Items on positions: a table's size, a sinusoidal code and a rotation's angle."""

from __future__ import annotations

from core.study.gain.short_test import Item, task
from core.study.grading.number_task import NumberTask


def table_parameters(value: tuple[int, int]) -> NumberTask:
    """The learned table of a Vision Transformer's or GPT's positions."""
    import torch

    length, dim = value
    count = torch.nn.Embedding(length, dim).weight.numel()
    return task(
        f"A model learns a position code of width {dim} for each of {length} positions. How many "
        "parameters are these codes?",
        count, "parameters", f"{length} · {dim} = {count:,}.",
    )  # fmt: skip


def first_pair(value: int) -> NumberTask:
    """cos of the position: the second number of a sinusoidal code."""
    from core.models.positions import sinusoidal

    code = float(sinusoidal(value + 1, 8)[value, 0])
    return task(
        f"What is the first number of the sinusoidal code of position {value}, sin(t / 10000^0)? "
        "Angles are in radians; two decimals are enough.",
        code, "", f"sin({value}) = {code:.3f}.", 0.03,
    )  # fmt: skip


def distance(value: tuple[int, int, float]) -> NumberTask:
    """With ALiBi, a score loses its head's slope for each step of distance."""
    query, key, slope = value
    lost = slope * (query - key)
    return task(
        "ALiBi lowers a score by the head's slope for each step of distance. The slope is "
        f"{slope:g}; by how much is the score of query {query} with key {key} lowered?",
        lost, "", f"{slope:g} · ({query} − {key}) = {lost:g}.", 0.005,
    )  # fmt: skip


ITEMS = (
    Item([(length, dim) for length in (16, 50, 64, 100) for dim in (8, 32, 48)], table_parameters),
    Item(range(1, 13), first_pair),
    Item(
        [(q, k, s) for q, k in ((9, 3), (12, 4), (7, 2), (15, 5)) for s in (0.5, 0.25, 0.125)],
        distance,
    ),
)
