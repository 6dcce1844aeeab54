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


def gradient_left(rng: random.Random) -> NumberTask:
    """((1 − h²) w)^k: the gradient of one tanh unit after k steps at the same state."""
    w, h, k = rng.choice([0.9, 1.2, 1.5, 1.8]), rng.choice([0.5, 0.6]), rng.choice([3, 4, 5])
    factor = (1 - h * h) * w
    answer = factor**k
    return NumberTask(
        f"A tanh RNN has one unit with W_h = {w:g}, and its state stays at h = {h:g}. How large is "
        f"∂h_T/∂h_t over T − t = {k} steps?",
        answer,
        "(no unit)",
        0.02,
        (
            (w**k, "That is without tanh: each step also multiplies by φ′ = 1 − h²."),
            ((1 - h * h) ** k, "Each step multiplies by φ′ and by W_h, not by φ′ alone."),
            (((1 - h) * w) ** k, "The derivative of tanh is 1 − h², with h squared."),
            (k * factor, f"The {k} factors are multiplied, not added."),
            (factor, f"That is one step: there are {k} of them."),
            ((h * w) ** k, "Each step multiplies by the derivative of tanh, not by its value h."),
        ),
        f"((1 − {h:g}²) · {w:g})^{k} = {factor:.3g}^{k} = {answer:.3g}.",
    )


VARIANTS: dict[str, Callable[[random.Random], NumberTask]] = {
    "score_divisor": score_divisor,
    "gradient_left": gradient_left,
}
