"""Texts of different lengths through a causal Transformer, without padding them to the longest.

Only attention looks from one token to another. So the tokens of all texts lie in one long row, over
which every linear layer is one product, and attention alone takes the texts apart again.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import pad, scaled_dot_product_attention

from core.attention import MultiHeadedAttention
from core.interpret.trace import Block

EVEN = 128  # the row is filled up to a multiple: a product of a new size takes long to prepare


def read_together(blocks: Sequence[Block], parts: Sequence[Tensor]) -> Tensor:
    """What a Transformer of these blocks makes of each part with a causal mask, tokens in a row.

    parts: embedded texts, each (B_i, T_i, dim) -> (Σ B_i T_i, dim), part after part, text after
    text.
    """
    shapes = [part.shape[:2] for part in parts]
    x = torch.cat([part.flatten(0, 1) for part in parts])
    count = len(x)
    x = pad(x, (0, 0, 0, -count % EVEN))
    for block in blocks:
        attended = _attend_apart(block.attn, block.attention_input(x), shapes)
        x = block.after_attention(x, attended)
    return x[:count]


def _attend_apart(attn: MultiHeadedAttention, x: Tensor, shapes: Sequence[torch.Size]) -> Tensor:
    """x: (N, dim) -> (N, dim): one product for all queries, keys and values, then part by part.

    The attention itself is torch's fused one; on a processor in fp32, since for heads this narrow
    and texts this short bf16 takes longer there. The filling at the end attends to nothing.
    """
    q_k_v = attn.split_qkv(x)  # each (H, N, n)
    widen = x.device.type == "cpu" and q_k_v[0].dtype == torch.bfloat16
    sizes = [shape.numel() for shape in shapes]
    sizes.append(len(x) - sum(sizes))
    split = [(t.float() if widen else t).split(sizes, dim=1) for t in q_k_v]
    *in_parts, filling = zip(*split, strict=True)
    heads = []
    with torch.autocast("cpu", enabled=False):
        for part, shape in zip(in_parts, shapes, strict=True):
            q, k, v = (t.unflatten(1, shape).transpose(0, 1) for t in part)  # (B, H, T, n)
            attended = scaled_dot_product_attention(q, k, v, is_causal=True)
            heads.append(attended.transpose(0, 1).flatten(1, 2))
    return attn.project(torch.cat([*heads, filling[2]], dim=1))
