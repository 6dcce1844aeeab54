"""Texts of different lengths through a causal Transformer, without padding them to the longest.

Only attention looks from one token to another. So the tokens of all texts lie in one long row, over
which every linear layer is one product, and attention alone takes the texts apart again.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from core.attention import MultiHeadedAttention, attention_weights, causal_mask
from core.trace import Block


def read_together(blocks: Sequence[Block], parts: Sequence[Tensor]) -> Tensor:
    """What a Transformer of these blocks makes of each part with a causal mask, tokens in a row.

    parts: embedded texts, each (B_i, T_i, dim) -> (Σ B_i T_i, dim), part after part, text after
    text.
    """
    shapes = [part.shape[:2] for part in parts]
    x = torch.cat([part.flatten(0, 1) for part in parts])
    for block in blocks:
        attended = _attend_apart(block.attn, block.attention_input(x), shapes)
        x = block.after_attention(x, attended)
    return x


def _attend_apart(attn: MultiHeadedAttention, x: Tensor, shapes: Sequence[torch.Size]) -> Tensor:
    """x: (N, dim) -> (N, dim): one product for all queries, keys and values, then part by part."""
    sizes = [shape.numel() for shape in shapes]
    in_parts = [tokens.split(sizes, dim=1) for tokens in attn.split_qkv(x)]  # each (H, B_i T_i, n)
    heads = []
    for q, k, v, shape in zip(*in_parts, shapes, strict=True):
        q, k, v = (tokens.unflatten(1, shape) for tokens in (q, k, v))  # (H, B, T, n)
        alphas = attention_weights(q, k, causal_mask(shape[1], x.device))
        heads.append((alphas @ v).flatten(1, 2))
    return attn.project(torch.cat(heads, dim=1))
