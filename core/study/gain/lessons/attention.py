"""Items on attention: the weight of a key, the scaled score and the size of a head."""

from __future__ import annotations

from core.study.gain.short_test import Item, task
from core.study.grading.number_task import NumberTask


def weight(value: tuple[int, int, int]) -> NumberTask:
    """The softmax of three scores."""
    import torch

    scores = torch.tensor(value, dtype=torch.float64)
    share = scores.softmax(0)[0].item()
    shown = ", ".join(map(str, value))
    return task(
        f"A query has the scores {shown} with three keys, already divided by √n. How large is the "
        "attention weight of the first key?",
        share, "", f"e^{value[0]} divided by the sum of all three powers = {share:.3f}.", 0.02,
    )  # fmt: skip


def scaled_score(value: tuple[int, int]) -> NumberTask:
    """q·k / √n, read from the logarithm of the weights."""
    import torch

    from core.attention import attention_weights

    n, product = value
    q, k = torch.zeros(1, n).double(), torch.zeros(2, n).double()
    q[0, 0], k[0, 0] = product, 1.0
    weights = attention_weights(q, k)[0]
    score = (weights[0] / weights[1]).log().item()
    return task(
        f"A head has n = {n}, and q·k = {product} for one pair. Which score of this pair goes into "
        "the softmax?",
        score, "", f"{product} / √{n} = {score:g}.", 0.005,
    )  # fmt: skip


def parameters(value: tuple[int, int]) -> NumberTask:
    """3 (dim n + n)."""
    from core.attention import AttentionHead

    dim, n = value
    count = sum(p.numel() for p in AttentionHead(dim, n).parameters())
    return task(
        f"How many parameters, biases included, do W_Q, W_K and W_V of one head have for dim = "
        f"{dim} and n = {n}?",
        count, "parameters", f"3 · ({dim}·{n} + {n}) = {count:,}.",
    )  # fmt: skip


ITEMS = (
    Item([(a, b, c) for a in (1, 2, 3) for b in (0, 1) for c in (0, 2) if a > b], weight),
    Item([(n, s * p) for n, s in ((4, 2), (16, 4), (64, 8)) for p in (1, 2, 3, 5)], scaled_score),
    Item([(dim, n) for dim in (8, 10, 12, 20) for n in (2, 4, 5)], parameters),
)
