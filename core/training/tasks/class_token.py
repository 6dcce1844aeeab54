"""The logits of a model that reads its class token alone, with nothing computed that is not read.

After the last block only token 0 goes to the head: there the other tokens need keys and values, but
no query, projection or feed-forward layer. That is a ninth of the course ViT's products.
"""

import torch
from torch import Tensor

from core.attention import Attend, attention
from core.interpret.trace import blocks_of, fused_attention
from core.vit import VisionTransformer


def class_logits(model: VisionTransformer, images: Tensor) -> Tensor:
    """What `model(images)` gives, up to rounding: (B, C, S, S) -> logits (B, nout)."""
    attend = _quickest(images.device.type)
    z = model.embed(images)
    *blocks, last = blocks_of(model)
    for block in blocks:
        z, _ = block(z, None, attend)
    q, k, v = last.attn.split_qkv(last.attention_input(z))
    heads, _ = attend(q[..., :1, :], k, v, None)
    return model.read_out(last.after_attention(z[:, :1], last.attn.project(heads)))


def _quickest(device: str) -> Attend:
    """torch's fused attention, but on a processor in bf16, where its gradient takes much longer."""
    in_16_bits = device == "cpu" and torch.is_autocast_enabled("cpu")
    return attention if in_16_bits else fused_attention(causal=False)
