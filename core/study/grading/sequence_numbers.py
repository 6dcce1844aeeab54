"""Number questions on sequences: scores and √n, gradients through time, clipping, gates, heads."""

from __future__ import annotations

import random
from collections.abc import Callable

from core.study.grading.number_task import NumberTask


def score_divisor(rng: random.Random) -> NumberTask:
    """v √n: the standard deviation of a sum of n products of two numbers of variance v."""
    n, v = rng.choice([25, 36, 64, 100, 144, 400]), rng.choice([0.25, 2, 4, 9])
    root = n**0.5
    return NumberTask(
        f"The entries of queries and keys are independent, with mean 0 and variance {v:g}, and "
        f"n = {n}. By which number must q · k be divided so that the scores have variance 1?",
        v * root,
        "(no unit)",
        0.01,
        (
            (root, f"√n is right for variance 1, but each entry has variance {v:g}."),
            (v * v * n, "That is the variance of q · k: divide by its square root."),
            (n, "n products add up, so the variance grows with n and the divisor with √n."),
            ((v * n) ** 0.5, "Each product has the variance v · v, because both factors vary."),
        ),
        f"A product has variance {v:g} · {v:g}, the sum {v * v * n:g}, and its square root is "
        f"{v:g} · √{n} = {v * root:g}.",
    )


VARIANTS: dict[str, Callable[[random.Random], NumberTask]] = {
    "score_divisor": score_divisor,
}
