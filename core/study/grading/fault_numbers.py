"""Numbers of the questions on faults, drawn for each seed."""

from __future__ import annotations

import math
import random

from core.study.grading.number_task import NumberTask


def score_spread(rng: random.Random) -> NumberTask:
    """√n: the standard deviation of q·k."""
    n = rng.choice([16, 36, 64, 100, 144, 256, 400, 576])
    root = math.isqrt(n)
    return NumberTask(
        f"The {n} components of q and k are independent, with mean 0 and variance 1. What is the "
        "standard deviation of q·k, before anything is divided?",
        root,
        "",
        0.01,
        (
            (n, "That is the variance; its root is asked for."),
            (1, "That is after the division by √n."),
            (2 * n, "The variance of one product is 1, so the sum has the variance n."),
            (1 / root, "The sum of n products is larger than one of them, not smaller."),
            (n / 2, "Variances add: n products of variance 1. Then take the root."),
        ),
        f"n products of variance 1 have the variance {n}, and its root is {root}.",
    )


def row_sum(rng: random.Random) -> NumberTask:
    """keys / queries: the mean row sum of a softmax over the queries."""
    queries, keys = rng.choice([(4, 10), (5, 20), (2, 9), (8, 12), (10, 25), (4, 18), (5, 12)])
    return NumberTask(
        f"{queries} queries meet {keys} keys. By mistake the softmax runs over the queries. What "
        "is the mean, over the queries, of the sum of a query's weights?",
        keys / queries,
        "",
        0.01,
        (
            (1, "That is with the softmax over the keys."),
            (queries / keys, "Upside down: each key hands out 1, and the queries share it."),
            (keys, "That is the sum of all weights; divide it among the queries."),
            (queries, "With the softmax over the keys all weights add up to this number."),
            (1 / queries, "That is the mean weight in one column."),
            (1 / keys, "That is the mean weight with the softmax over the keys."),
        ),
        f"Each of {keys} columns sums to 1, so {queries} rows share {keys}: "
        f"{keys / queries:g} each.",
    )


def masked_sum(rng: random.Random) -> NumberTask:
    """i / T: what a mask after the softmax leaves of row i, for equal scores."""
    T = rng.choice([10, 20, 25, 40, 50])
    i = rng.choice([i for i in (2, 3, 4, 6, 8) if 2 * i < T])
    return NumberTask(
        f"All scores of {T} tokens are equal. By mistake the causal mask is applied after the "
        f"softmax. What do the weights of token {i} add up to (the first token has number 1)?",
        i / T,
        "",
        0.01,
        (
            (1, "That is with the mask before the softmax."),
            (1 / T, "That is one weight; token i keeps i of them."),
            (1 / i, "That is one weight with the mask before the softmax."),
            ((T - i) / T, "That is what the mask removes."),
            (T / i, "Upside down: less than 1 is left."),
            ((i - 1) / T, "A token may also attend to itself."),
        ),
        f"The softmax gives each of {T} keys 1/{T}, and {i} of them are kept: {i / T:g}.",
    )


def targets(rng: random.Random) -> NumberTask:
    """B (T - 1): the predictions a batch of texts is graded on."""
    B, T = rng.choice([8, 16, 32, 64]), rng.choice([20, 50, 128, 256])
    return NumberTask(
        f"A batch has {B} texts of {T} tokens each, without padding. Over how many predictions "
        "does the loss of a GPT average?",
        B * (T - 1),
        "predictions",
        0.0,
        (
            (B * T, "The last token of a text has no next token in the batch."),
            (T - 1, f"That is one text, and the batch has {B}."),
            (B * T - 1, "Each text loses one prediction, not only the batch."),
            (B * (T - 2), "Only the last token has no target: the second token is predicted too."),
            (T, f"That is one text, and the batch has {B}; the last token has no target."),
        ),
        f"{B} texts with {T} − 1 targets each: {B * (T - 1):,}.",
    )


def keys_seen(rng: random.Random) -> NumberTask:
    """P + 1: the keys that the last of m tokens sees when a cache is not advanced."""
    P, m = rng.choice([5, 8, 12, 20, 40]), rng.choice([6, 10, 15, 30])
    return NumberTask(
        f"A prompt of {P} tokens is in the cache. Then {m} tokens are generated one by one, but "
        "the cache's length stays where it was after the prompt. How many keys does the last of "
        "them see, its own included?",
        P + 1,
        "keys",
        0.0,
        (
            (P + m, "That is with a length that grows: here each token overwrites the one before."),
            (P, "Its own key is there as well."),
            (m, "The prompt's keys are still there."),
            (P + 2, "The key of the token before it has been overwritten."),
            (1, "The prompt's keys are still there."),
        ),
        f"The {P} of the prompt and its own: {P + 1}.",
    )


def mass_kept(rng: random.Random) -> NumberTask:
    """The probability that is left when the token that crosses p is dropped."""
    while True:
        cuts = sorted(rng.sample(range(3, 97), 5))
        shares = sorted(
            (b - a for a, b in zip([0, *cuts], [*cuts, 100], strict=True)), reverse=True
        )
        p = rng.choice([65, 70, 75, 80, 85, 90])
        sums = [sum(shares[: k + 1]) for k in range(6)]
        size = next(k for k, total in enumerate(sums) if total >= p)
        if size >= 1 and p not in sums and len(set(shares)) == 6 and sums[size] < 100:
            break
    answer = sums[size - 1] / 100
    shown = ", ".join(f"0.{share:02d}" for share in shares)
    return NumberTask(
        f"The probabilities are {shown}, and p = {p / 100:g}. A faulty nucleus drops the token "
        "that crosses p. How much probability does it keep?",
        answer,
        "",
        0.001,
        (
            (sums[size] / 100, "That is with the crossing token, as it should be."),
            (p / 100, "p is only the bound: the sum of what is kept is below it."),
            (1 - answer, "That is what it drops."),
            (shares[size] / 100, "That is the crossing token alone."),
            (1, "That is everything."),
        ),
        f"{' + '.join(f'0.{s:02d}' for s in shares[:size])} = {answer:g}, below {p / 100:g}.",
    )


def next_position(rng: random.Random) -> NumberTask:
    """P + k - 1: the position of the k-th generated token, counted from 0."""
    P, k = rng.choice([5, 9, 14, 32, 60]), rng.choice([2, 3, 5, 8])
    return NumberTask(
        f"A prompt of {P} tokens has the positions 0 to {P - 1}. Which position must generated "
        f"token number {k} have (the first generated token has number 1)?",
        P + k - 1,
        "positions",
        0.0,
        (
            (k - 1, "The count has restarted: the prompt takes the first positions."),
            (P + k, "Positions count from 0: the first generated token has position P."),
            (k, "The prompt takes the first positions."),
            (P, "That is the first generated token."),
            (P - 1, "That is the last token of the prompt."),
        ),
        f"The first generated token has position {P}, so number {k} has {P + k - 1}.",
    )


def carried_state(rng: random.Random) -> NumberTask:
    """w^T s: what is left of a state that was not reset."""
    w, s = rng.choice([0.5, 0.6, 0.8, 0.9]), rng.choice([2.0, 4.0, 5.0, 10.0])
    T = rng.choice([2, 3, 4])
    return NumberTask(
        f"A linear RNN with one number as its state has $W_h = {w:g}$. The sequence before ended "
        f"at $h = {s:g}$, and the state is not reset. How much of it is left in $h_T$ after the "
        f"next sequence of $T = {T}$ inputs?",
        w**T * s,
        "",
        0.005,
        (
            (w ** (T - 1) * s, "That is the power of x_1. h_0 passes through W_h once more."),
            (w * s, f"That is after one step, and there are {T}."),
            (s, "Each step multiplies the state by W_h."),
            (w**T, "That is the factor: multiply the old state by it."),
            (w * T * s, "Each step multiplies: take a power, not a multiple."),
            (w ** (T + 1) * s, "That is one factor too many."),
        ),
        f"W_h^T h_0 = {w:g}^{T} · {s:g} = {w**T * s:.4g}.",
    )


def wrong_sum(rng: random.Random) -> NumberTask:
    """Σ w^{T-i+1}: the sum with one power too many."""
    w, T = rng.choice([0.5, 0.8, 0.9, 2.0]), rng.choice([2, 3, 4])
    right = sum(w**k for k in range(T))
    return NumberTask(
        f"All inputs $W_x x_i$ are 1 and $W_h = {w:g}$. What does the faulty sum of "
        f"$W_h^{{T-i+1}} W_x x_i$ over $i = 1 … T$ give for $T = {T}$?",
        w * right,
        "",
        0.005,
        (
            (right, "That is the right sum, with the power T − i."),
            (w**T, "That is its first term."),
            (right / w, "The faulty power is larger by one, not smaller."),
            (T * w, "Each term has a power of its own."),
            (right + w**T, "The last power, i = T, is 1 here and not 0."),
        ),
        f"{' + '.join(f'{w:g}^{k}' for k in range(T, 0, -1))} = {w * right:.4g}: the right sum, "
        "multiplied by W_h.",
    )


def accumulated(rng: random.Random) -> NumberTask:
    """η g k (k+1) / 2: how far w moves when gradients add up."""
    rate, g, k = rng.choice([0.1, 0.01, 0.5]), rng.choice([2, 3, 4]), rng.choice([3, 4, 5, 10])
    return NumberTask(
        f"Each step has the gradient {g}, and the learning rate is {rate:g}. Gradients are never "
        f"set to zero. By how much has w moved after {k} steps of plain gradient descent?",
        rate * g * k * (k + 1) / 2,
        "",
        0.005,
        (
            (rate * g * k, "That is with gradients set to zero at each step."),
            (rate * g * k * k, "Step j moves by j gradients: 1 + 2 + … + k, not k · k."),
            (g * k * (k + 1) / 2, "Multiply by the learning rate."),
            (rate * g * k * (k - 1) / 2, "The first step already has one gradient."),
            (rate * g, "That is the first step alone."),
        ),
        f"{rate:g} · {g} · (1 + … + {k}) = {rate * g * k * (k + 1) / 2:g}.",
    )


def patch_token(rng: random.Random) -> NumberTask:
    """1 + r S/p + c: the token of a patch behind the class token."""
    side = rng.choice([4, 6, 8, 12])
    r, c = rng.choice([(1, 2), (2, 1), (2, 3), (3, 1), (3, 2), (1, 3)])
    return NumberTask(
        f"A picture is cut into {side}×{side} patches, row by row, and the class token is token 0. "
        f"Which token is the patch in row {r} and column {c}, both counted from 0?",
        1 + r * side + c,
        "tokens",
        0.0,
        (
            (r * side + c, "The class token comes first, so each patch moves by one."),
            (1 + c * side + r, "Row and column are exchanged."),
            ((r + 1) * side + c + 1, "Rows are counted from 0."),
            (2 + r * side + c, "Columns are counted from 0."),
            (r * side + c - 1, "The class token moves the patches up, not down."),
        ),
        f"1 + {r} · {side} + {c} = {1 + r * side + c}.",
    )


def odds(rng: random.Random) -> NumberTask:
    """e^(Δ/t): the ratio of two probabilities at temperature t."""
    gap, t = rng.choice([1.0, 2.0, 3.0]), rng.choice([0.5, 2.0, 4.0])
    answer = math.exp(gap / t)
    return NumberTask(
        f"The logits of two tokens differ by {gap:g}. At temperature t = {t:g}, how many times as "
        "probable as the other is the more probable one?",
        answer,
        "times",
        0.01,
        (
            (math.exp(gap * t), "The logits are divided by t, not multiplied."),
            (math.exp(gap), "That is at t = 1."),
            (gap / t, "That is the difference of the logits: take e to the power of it."),
            (1 / answer, "Upside down: the more probable token is asked for."),
            (math.exp(gap) / t, "The division comes before the exponential."),
        ),
        f"e^({gap:g}/{t:g}) = {answer:.3g}.",
    )


def heads_width(rng: random.Random) -> NumberTask:
    """H n: the width of the joined heads of one token."""
    H, n, T = rng.choice([2, 4, 6, 8, 12]), rng.choice([16, 32, 48, 64]), rng.choice([10, 20, 50])
    return NumberTask(
        f"{H} heads of width {n} read {T} tokens. How many numbers does one token get when the "
        "outputs of all heads are joined?",
        H * n,
        "numbers",
        0.0,
        (
            (H * n * T, f"Those are all {T} tokens."),
            (n, "That is one head."),
            (n * T, "That is one head over all tokens."),
            (3 * H * n, "Queries and keys are not joined, only the outputs."),
            (H, "Each head has a vector for the token, not one number."),
        ),
        f"{H} · {n} = {H * n}.",
    )


FAULT_NUMBERS = {
    function.__name__: function
    for function in (
        *(score_spread, row_sum, masked_sum, targets, keys_seen, mass_kept, next_position),
        *(carried_state, wrong_sum, accumulated, patch_token, odds, heads_width),
    )
}
