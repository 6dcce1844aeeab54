"""Items on heads and layers: parameters, attention maps and what a removed head leaves."""

from __future__ import annotations

from core.study.gain.short_test import Item, task
from core.study.grading.number_task import NumberTask


def parameters(value: tuple[int, int]) -> NumberTask:
    """Multi-headed attention has as many parameters however d is divided among heads."""
    from core.attention import MultiHeadedAttention

    dim, heads = value
    layer = MultiHeadedAttention(dim, dim // heads, heads)
    count = sum(p.numel() for p in layer.parameters())
    return task(
        f"Multi-headed attention has dim = {dim} and {heads} heads of n = {dim // heads}. How many "
        "parameters does it have with its output projection, biases included?",
        count, "parameters", f"4 · ({dim}·{dim} + {dim}) = {count:,}.",
    )  # fmt: skip


def maps(value: tuple[int, int, int]) -> NumberTask:
    """L · H · T² weights, counted in a Transformer of that shape."""
    import torch

    from core.transformer import Transformer

    L, H, T = value
    with torch.no_grad():
        _, alphas = Transformer(2, 1, 2, H, L)(torch.zeros(1, T, 2), return_attn=True)
    assert alphas is not None
    count = alphas.numel()
    return task(
        f"A Transformer has {L} layers of {H} heads and reads one text of {T} tokens. How many "
        "attention weights are in all its maps together?",
        count, "weights", f"{L} · {H} · {T}² = {count:,}.",
    )  # fmt: skip


def without_head(value: tuple[int, int, int, int]) -> NumberTask:
    """The residual stream is a sum, so a removed head takes away its own part only."""
    stream, *heads, off = value
    left = stream + sum(heads) - heads[off - 1]
    return task(
        f"One number of the residual stream is {stream}. Head 1 adds {heads[0]} to it and head 2 "
        f"adds {heads[1]}. What is it after attention if head {off} is switched off?",
        left, "", f"{stream} + {heads[2 - off]} = {left}: the other head is not changed.",
    )  # fmt: skip


ITEMS = (
    Item([(dim, h) for dim in (8, 12, 16, 20, 24) for h in (2, 4)], parameters),
    Item([(L, H, T) for L in (2, 3, 4) for H in (2, 3) for T in (5, 6, 10)], maps),
    Item(
        [(s, a, b, off) for s in (1, 4) for a in (2, 7) for b in (3, 5, 9) for off in (1, 2)],
        without_head,
    ),
)
