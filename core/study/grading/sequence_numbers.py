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
        "",
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
        f"A tanh RNN has one unit with $W_h = {w:g}$, and its state stays at $h = {h:g}$. How "
        f"large is $∂h_T/∂h_t$ over $T - t = {k}$ steps?",
        answer,
        "",
        0.02,
        (
            (w**k, "That is without tanh: each step also multiplies by φ′ = 1 − h²."),
            ((1 - h * h) ** k, "Each step multiplies by φ′ and by W_h, not by φ′ alone."),
            (((1 - h) * w) ** k, "The derivative of tanh is 1 − h², with h squared."),
            (k * factor, f"The {k} factors are multiplied, not added."),
            (factor, f"That is one step: there are {k} of them."),
            ((h * w) ** k, "Each step multiplies by the derivative of tanh, not by its value h."),
        ),
        f"(1 − {h:g}²) · {w:g} = {factor:.3g} for each step, and {factor:.3g}^{k} = {answer:.3g}.",
    )


def clipped_entry(rng: random.Random) -> NumberTask:
    """a c / ‖g‖: the first entry of g = (a, b) after clipping to the norm c."""
    (a, b), k = rng.choice([(3, 4), (5, 12), (8, 15)]), rng.choice([2, 4, 6])
    a, b, c = k * a, k * b, rng.choice([1, 2, 5])
    norm = (a * a + b * b) ** 0.5
    answer = a * c / norm
    return NumberTask(
        f"The gradient of two weights is ({a}, {b}). It is clipped to the norm c = {c}. What is "
        "its first entry then?",
        answer,
        "",
        0.01,
        (
            (c, "That is clipping each entry separately; here the whole vector is scaled."),
            (a, f"The norm is {norm:g}, above c: the gradient is scaled."),
            *([(a / norm, "That vector has the norm 1: scale it to the norm c.")] if c > 1 else []),
            (a * c / (a + b), "The norm is the root of the sum of squares, not the sum."),
            (b * c / norm, "That is the second entry."),
            (a / c, "The factor is c / ‖g‖, not 1 / c."),
        ),
        f"‖g‖ = {norm:g}, so the factor is {c}/{norm:g}, and {a} · {c}/{norm:g} = {answer:.3g}.",
    )


def cell_left(rng: random.Random) -> NumberTask:
    """f^k: what a forget gate leaves of a cell after k steps."""
    f, k = rng.choice([0.7, 0.8, 0.9, 0.95]), rng.choice([5, 10, 20])
    answer = f**k
    return NumberTask(
        f"The forget gate of a unit stays at f = {f:g}, and nothing is written. What share of its "
        f"cell is left after {k} steps, as a number from 0 to 1?",
        answer,
        "",
        0.01,
        (
            (f, f"That is one step: each of the {k} steps multiplies by f."),
            ((1 - f) ** k, "The forget gate is the share that is kept: f, not 1 − f."),
            (k * f, "The gates are multiplied, not added."),
            (1 - answer, "That is the share that is lost."),
        ),
        f"{f:g}^{k} = {answer:.3g}.",
    )


def heads_parameters(rng: random.Random) -> NumberTask:
    """4 (d d + d) for any H: n = d / H."""
    d, H = rng.choice([32, 64, 128, 256]), rng.choice([2, 4, 8])
    answer = 4 * (d * d + d)
    return NumberTask(
        f"A multi-headed layer has $d = {d}$ and $H = {H}$ heads of width $n = d/H$, each with "
        "$W_Q$, $W_K$ and $W_V$, and one $W_O$ from all heads back to $d$, all with biases. How "
        "many parameters are there?",
        answer,
        "parameters",
        0.0,
        (
            (4 * d * d, "The biases are missing: each of the four maps has d of them in all."),
            (3 * (d * d + d), "W_O is missing."),
            (answer * H, f"A head is d/H wide: the {H} heads together are as wide as one."),
            (answer // H, "That is one head's share of the layer."),
            (3 * (d * d + d) * H + d * d + d, "Each head maps to n = d/H numbers, not to d."),
        ),
        f"3 · H · ({d} · {d // H} + {d // H}) + {d} · {d} + {d} = {answer:,}, whatever H.",
    )


def stream_left(rng: random.Random) -> NumberTask:
    """(1 + v)^(−L): what 2 L LayerNorms after the parts of L blocks leave of the stream."""
    v, L = rng.choice([0.1, 0.25, 0.5, 1.0]), rng.choice([2, 3, 4, 6])
    answer = (1 + v) ** -L
    return NumberTask(
        f"The stream enters a Transformer of {L} blocks with variance 1. In each block attention "
        f"and MLP both add a vector of variance {v:g}, independent of the stream, and a LayerNorm "
        "after each scales the sum to variance 1 again. By which factor has the input been "
        "multiplied after the last block?",
        answer,
        "",
        0.01,
        (
            ((1 + v) ** (-L / 2), "A block has two LayerNorms: one after each part."),
            ((1 + v) ** (-2 * L), "LayerNorm divides by the standard deviation, √(1 + v)."),
            ((1 + v) ** -0.5, "That is one LayerNorm."),
            (1, "That holds with LayerNorm before: then the stream itself is only added to."),
        ),
        f"Each of {2 * L} LayerNorms divides by √{1 + v:g}: {1 + v:g}^−{L} = {answer:.3g}.",
    )


def law_excess(rng: random.Random) -> NumberTask:
    """L∞ + (L − L∞) k^(−α): the loss after the width has grown by the factor k."""
    floor, loss = rng.choice([0.6, 1.2]), rng.choice([1.4, 1.8, 2.2])
    alpha, k = rng.choice([0.25, 0.5, 1.0]), rng.choice([4, 16])
    above, factor = loss - floor, k**-alpha
    answer = floor + above * factor
    return NumberTask(
        f"A text has an entropy of $L_\\infty = {floor:g}$ nats a token, and a model of width $w$ "
        f"has a loss of {loss:g} nats. The loss above $L_\\infty$ falls like $w^{{-α}}$ with "
        f"$α = {alpha:g}$. What is the loss of a model {k} times as wide?",
        answer,
        "nats",
        0.01,
        (
            (loss * factor, "Only the loss above L∞ falls; L∞ stays."),
            (above * factor, "That is the loss above L∞: add L∞."),
            (floor + above * (1 - factor), "k^(−α) is the share that is left, not what is lost."),
            (floor + above / k, "The factor is k^(−α), not 1/k."),
            (floor + above * alpha, "The factor is k^(−α), not α."),
        ),
        f"{floor:g} + {above:g} · {k}^−{alpha:g} = {answer:.3g}.",
    )


VARIANTS: dict[str, Callable[[random.Random], NumberTask]] = {
    "score_divisor": score_divisor,
    "gradient_left": gradient_left,
    "clipped_entry": clipped_entry,
    "cell_left": cell_left,
    "heads_parameters": heads_parameters,
    "stream_left": stream_left,
    "law_excess": law_excess,
}
