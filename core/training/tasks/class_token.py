"""The logits of a model that reads its class token alone, with nothing computed that is not read.

After the last block only token 0 goes to the head: there the other tokens need keys and values, but
no query, projection or feed-forward layer. That is a ninth of the course ViT's products.
"""

import torch
from torch import Tensor
from torch.nn.functional import linear

from core.attention import Attend, MultiHeadedAttention, attention
from core.interpret.trace import blocks_of, fused_attention
from core.training.tasks.block_kernel import compiled_block
from core.transformer import AttentionResidual
from core.vit import VisionTransformer

PIECE = 64  # pictures a thread that go through the compiled blocks at a time, for the cache


def class_logits(model: VisionTransformer, images: Tensor) -> Tensor:
    """What `model(images)` gives, up to rounding: (B, C, S, S) -> logits (B, nout)."""
    z = model.embed(images)
    *blocks, last = blocks_of(model)
    compiled = [fast for block in blocks if (fast := compiled_block(block, z)) is not None]
    attend = _quickest(images.device.type)
    if not blocks or len(compiled) < len(blocks):
        for block in blocks:
            z, _ = block(z, None, attend)
        return _last_logits(model, last, z, attend)
    logits = []
    for piece in z.split(PIECE * torch.get_num_threads()):
        for fast in compiled:
            piece = fast(piece)
        logits.append(_last_logits(model, last, piece, attend))
    return torch.cat(logits)


def _last_logits(
    model: VisionTransformer, last: AttentionResidual, z: Tensor, attend: Attend
) -> Tensor:
    """The stream before the last block, (B, T, dim) -> logits (B, nout)."""
    heads, _ = attend(*_first_qkv(last.attn, last.attention_input(z)), None)
    return model.read_out(last.after_attention(z[:, :1], last.attn.project(heads)))


def _first_qkv(attn: MultiHeadedAttention, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """x: (B, T, dim) -> the query of token 0, (B, H, 1, n), and the keys and values of all."""
    width = attn.num_heads * attn.n_hidden
    (query, others), (bias, biases) = (
        parameter.split((width, 2 * width)) for parameter in (attn.qkv.weight, attn.qkv.bias)
    )
    q = linear(x[:, :1], query, bias).unflatten(-1, (attn.num_heads, attn.n_hidden))
    k, v = linear(x, others, biases).unflatten(-1, (2, attn.num_heads, attn.n_hidden)).unbind(-3)
    return q.transpose(-3, -2), k.transpose(-3, -2), v.transpose(-3, -2)


def _quickest(device: str) -> Attend:
    """torch's fused attention, but on a processor in bf16, where its gradient takes much longer."""
    in_16_bits = device == "cpu" and torch.is_autocast_enabled("cpu")
    return attention if in_16_bits else fused_attention(causal=False)
