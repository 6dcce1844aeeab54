"""Number tasks on models: perplexity, sinks, grouped heads, ALiBi, sampling error, patches.

Each draws round values, as those in `core.study.grading.numbers`.
"""

from __future__ import annotations

import math
import random

from core.study.grading.number_task import NumberTask


def perplexity_of_bits(rng: random.Random) -> NumberTask:
    """2^b for a loss of b bits a word."""
    b = rng.choice([3.5, 4.5, 5.2, 5.5, 5.8, 6.5, 7.2, 7.5])
    answer = 2**b
    return NumberTask(
        f"On a text, a model has a loss of {b} bits per word. What is its perplexity?",
        answer,
        "words",
        0.01,
        (
            (math.exp(b), "The loss is in bits, so the base is 2: e belongs to nats."),
            (b, "That is the loss. The perplexity is 2 to the power of the loss in bits."),
            (b * math.log(2), "That is the loss in nats; the perplexity is e to that power."),
            (b / math.log(2), "From bits to nats one multiplies by ln 2, and then takes e^x."),
            (1 / answer, "That is the geometric mean of the probabilities: take one over it."),
            (b**2, "The base and the exponent are swapped: it is 2^b, not b²."),
        ),
        f"2^{b} = {answer:.1f}.",
    )


def sink_weight(rng: random.Random) -> NumberTask:
    """e^s / (e^s + T − 1): one key whose score is s higher than those of the T − 1 others."""
    s, T = rng.choice([1, 2, 3, 4]), rng.choice([6, 11, 26])
    top = math.exp(s)
    answer = top / (top + T - 1)
    return NumberTask(
        f"A query sees T = {T} keys. The score of the first is {s}, all others have the score 0. "
        "What weight does the softmax give to the first key, as a number from 0 to 1?",
        answer,
        "",
        0.005,
        (
            (s / (s + T - 1), f"The scores are not the weights: take e^{s} and e^0 first."),
            (1 / T, "That is the weight if all scores were equal."),
            (top / (top + T), f"There are {T - 1} other keys, not {T}."),
            (1 / (top + T - 1), "That is the weight of one of the other keys."),
            ((T - 1) / (top + T - 1), "That is what is left for all other keys together."),
            (s / T, f"The softmax is not a mean: e^{s} is divided by the sum of all e^score."),
        ),
        f"e^{s} / (e^{s} + {T - 1}) = {answer:.3f}.",
    )


def grouped_cache_bytes(rng: random.Random) -> NumberTask:
    """2 L G n T numbers of 2 bytes for G heads of keys and values."""
    L, H = rng.choice([12, 24, 32]), rng.choice([8, 16, 32])
    G, n, T = rng.choice([1, 2, 4]), rng.choice([64, 128]), rng.choice([1000, 2000, 4000])
    answer = 2 * L * G * n * T * 2
    return NumberTask(
        f"A model has {L} layers with {H} query heads of width n = {n} and {G} "
        f"{'head' if G == 1 else 'heads'} of keys and values. How many bytes does its KV cache "
        f"hold after {T:,} tokens, in float16?",
        answer,
        "bytes",
        0.005,
        (
            (answer * H / G, f"Only {G} of the heads keep keys and values, not all {H}."),
            (answer / 2, "A factor 2 is missing: keys and values, or the bytes of a number."),
            (answer / 4, "Both keys and values are kept, and each number takes 2 bytes."),
            (answer / L, f"Every one of the {L} layers keeps its own keys and values."),
            (answer * 2, "A number takes 2 bytes in float16, not 4."),
            (answer / n, f"Each key and each value has n = {n} numbers."),
        ),
        f"2 · {L} · {G} · {n} · {T:,} numbers of 2 bytes = {answer:,} bytes.",
    )


def alibi_factor(rng: random.Random) -> NumberTask:
    """e^(m k): how much more weight a key has than one that is k tokens farther away."""
    h, k = rng.choice([1, 2, 3]), rng.choice([6, 8, 10, 12])
    m = 2.0**-h
    answer = math.exp(m * k)
    return NumberTask(
        f"A head uses ALiBi with the slope m = {m:g}. Two keys have the same q·k, and one is {k} "
        "tokens farther away than the other. How many times more weight does the nearer key get?",
        answer,
        "times",
        0.02,
        (
            (m * k, "That is the difference of the scores: the softmax takes e to that power."),
            (1 / answer, "That is the farther key in units of the nearer one."),
            (math.exp(m), f"That is for one token of distance, and there are {k}."),
            (math.exp(k), f"The distance is multiplied by the slope {m:g} first."),
            (2 ** (m * k), "The softmax uses e, not 2: 2 occurs only in the slopes."),
            (k, "Not proportional to the distance: the distance lowers the score, and the weight "
                "is e to that power."),
        ),
        f"e^({m:g} · {k}) = {answer:.1f}.",
    )  # fmt: skip


def standard_error(rng: random.Random) -> NumberTask:
    """100 √(p (1 − p) / N): by how much an accuracy varies from one test set to another."""
    p, N = rng.choice([0.8, 0.9, 0.92, 0.95, 0.96, 0.98]), rng.choice([400, 900, 2000, 2500, 10000])
    answer = 100 * math.sqrt(p * (1 - p) / N)
    return NumberTask(
        f"A model is right on {p:.0%} of {N:,} held-out pictures. What is the standard error of "
        "this accuracy, in percentage points?",
        answer,
        "percentage points",
        0.02,
        (
            (answer / 100, "That is a share: times 100 it is in percentage points."),
            (100 * p * (1 - p) / N, "The square root is missing: this is the variance."),
            (
                100 * math.sqrt(p * (1 - p)),
                "N is missing under the root: more pictures, less error.",
            ),
            (100 * math.sqrt(p * (1 - p)) / N, "N belongs under the root."),
            (100 / math.sqrt(N), "The spread of right and wrong, √(p (1 − p)), is missing."),
            (100 * (1 - p), "That is the share of errors, not how much the accuracy varies."),
        ),
        f"100 · √({p:g} · {1 - p:.2g} / {N:,}) = {answer:.3f} percentage points.",
    )


def patch_products(rng: random.Random) -> NumberTask:
    """2 N² n with N = (S/p)² + 1: the products of one head over a picture cut into patches."""
    p, side, n = rng.choice([4, 8, 16]), rng.choice([4, 6, 8]), rng.choice([16, 32, 64])
    S, patches = p * side, side * side
    N = patches + 1
    answer = 2 * N * N * n
    return NumberTask(
        f"A Vision Transformer cuts a {S}×{S} picture into patches of {p}×{p} pixels, and puts a "
        f"class token in front. How many multiplications do Q Kᵀ and A V take together, in one "
        f"head of width n = {n}?",
        answer,
        "multiplications",
        0.0,
        (
            (N * N * n, "That is one of the two products: Q Kᵀ or A V."),
            (2 * patches**2 * n, "The class token is a token too: N = (S/p)² + 1."),
            (2 * (side + 1) ** 2 * n, "The patches fill a square: (S/p)² of them."),
            (2 * N * n, "Every token looks at every token: N² weights, not N."),
            (2 * N * N, "Each weight takes n multiplications, and so does each value."),
            (
                2 * N * n * n,
                "That grows with N, as projections do; here pairs of tokens count.",
            ),
        ),
        f"N = ({S}/{p})² + 1 = {N}, and 2 · {N}² · {n} = {answer:,}.",
    )
