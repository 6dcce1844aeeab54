"""Decoding as the course does it: the whole text again for every token, one head after another."""

import math

import torch
from torch import Tensor
from torch.nn.functional import gelu, layer_norm, linear

from core.decoding.weights import Affine, BlockWeights, DecodeWeights


@torch.no_grad()
def greedy(weights: DecodeWeights, ids: Tensor, num_tokens: int) -> Tensor:
    """ids: (B, T) -> (B, T + num_tokens); no cache."""
    for _ in range(num_tokens):
        logits = textbook_logits(weights, ids[:, -weights.context_length :])
        ids = torch.cat([ids, logits[:, -1:].argmax(-1)], 1)
    return ids


def textbook_logits(weights: DecodeWeights, ids: Tensor) -> Tensor:
    """ids: (B, T) -> logits (B, T, V) of every position."""
    tokens = ids.shape[1]
    x = weights.tokens[ids] + weights.positions[:tokens]
    mask = torch.ones(tokens, tokens, dtype=torch.bool).tril()
    for block in weights.blocks:
        x = x + _attention(weights, block, x, mask)
        hidden = linear(_norm(weights, x, block.ffn_norm), *block.up)
        x = x + linear(gelu(hidden), *block.down)
    return linear(_norm(weights, x, weights.head_norm), *weights.head)


def _attention(weights: DecodeWeights, block: BlockWeights, x: Tensor, mask: Tensor) -> Tensor:
    if block.attn_norm is not None:
        x = _norm(weights, x, block.attn_norm)
    n, width = weights.head_dim, weights.num_heads * weights.head_dim
    heads = []
    for h in range(weights.num_heads):
        q, k, v = (
            linear(x, block.qkv.weight[start : start + n], block.qkv.bias[start : start + n])
            for start in (h * n, width + h * n, 2 * width + h * n)
        )
        scores = (q @ k.mT / math.sqrt(n)).masked_fill(~mask, -torch.inf)
        heads.append(scores.softmax(-1) @ v)
    return linear(torch.cat(heads, -1), *block.project)


def _norm(weights: DecodeWeights, x: Tensor, affine: Affine) -> Tensor:
    return layer_norm(x, x.shape[-1:], *affine, weights.norm_eps)
