"""Sequence packing: texts of different lengths through a causal Transformer without padding.

Only attention looks from one token to another. So the tokens of all texts lie in one long row, over
which every linear layer is one product, and only attention separates the texts.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import pad, scaled_dot_product_attention

from core.attention import Attend
from core.transformer import Transformer

MULTIPLE = 128  # the row is filled up to one: a product of a new size takes long to prepare


def forward_packed(transformer: Transformer, parts: Sequence[Tensor]) -> Tensor:
    """The Transformer's output for each part with a causal mask, all tokens in one row.

    parts: embedded texts, each (B_i, T_i, dim) -> (Σ B_i T_i, dim), part after part, text after
    text.
    """
    x = torch.cat([part.flatten(0, 1) for part in parts])
    tokens = len(x)
    x = pad(x, (0, 0, 0, -tokens % MULTIPLE))
    z, _ = transformer(x, attend=_packed_attention([part.shape[:2] for part in parts]))
    out: Tensor = z[:tokens]
    return out


def _packed_attention(shapes: Sequence[torch.Size]) -> Attend:
    """Causal attention of each part by itself; q, k, v: (H, N, n) -> (H, N, n).

    It is torch's fused attention; on a processor in fp32, since for heads this narrow and texts
    this short bf16 takes longer there. The filling at the end attends to nothing.
    """
    sizes = [shape.numel() for shape in shapes]

    def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> tuple[Tensor, None]:
        widen = q.device.type == "cpu" and q.dtype == torch.bfloat16
        filling = q.shape[1] - sum(sizes)
        split = [(t.float() if widen else t).split([*sizes, filling], dim=1) for t in (q, k, v)]
        *in_parts, (_, _, unread) = zip(*split, strict=True)
        heads = []
        with torch.autocast("cpu", enabled=False):
            for part, shape in zip(in_parts, shapes, strict=True):
                q, k, v = (t.unflatten(1, shape).transpose(0, 1) for t in part)  # (B, H, T, n)
                attended = scaled_dot_product_attention(q, k, v, is_causal=True)
                heads.append(attended.transpose(0, 1).flatten(1, 2))
        return torch.cat([*heads, unread], dim=1), None

    return attend
