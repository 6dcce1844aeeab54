"""The course's GPT with positions that are not added to the words: rotary, ALiBi, or none at all.

    none     x = E[token]
    rotary   q_t = R_t W_Q x_t,  k_s = R_s W_K x_s
    ALiBi    A = softmax(Q Kᵀ / √n − m_h (t − s))       m_h = 2^(−8h/H), one slope for each head

Sources: Haviv et al. 2022, "Transformer Language Models without Positional Encodings Still Learn
Positional Information"; Su et al. 2021, "RoFormer"; Press et al. 2022, "Train Short, Test Long".
"""

import math
from typing import cast

import torch
from torch import Tensor

from core.attention import causal_mask
from core.models.positions import alibi_slopes
from core.models.pretrained.rotary import RotaryAttention, Rotation
from core.models.sinusoidal_gpt import SinusoidalGPT
from core.transformer import AttentionResidual


class NoPositionGPT(SinusoidalGPT):
    """A `DialogueGPT` without position embeddings: only the causal mask depends on the order."""

    def positions(self, tokens: int) -> Tensor:
        """(tokens, dim) of zeros."""
        return torch.zeros(tokens, self.dim).to(self.token_embed.weight)


class RotaryPositionGPT(NoPositionGPT):
    """A `DialogueGPT` whose queries and keys turn with their position; all else is the same."""

    def __init__(self, *sizes: int, **named: int):
        super().__init__(*sizes, **named)
        for block in (cast(AttentionResidual, layer) for layer in self.transformer.layers):
            n, heads = block.attn.n_hidden, block.attn.num_heads
            block.attn = RotaryAttention(
                self.dim, n, heads, heads, Rotation(), qkv_bias=True, out_bias=True
            )


class AlibiGPT(NoPositionGPT):
    """A `DialogueGPT` whose heads subtract a slope times the distance from their scores."""

    def hidden(self, input_ids: Tensor, return_attn: bool = False) -> tuple[Tensor, Tensor | None]:
        """input_ids: (B, T) -> the residual stream before the head (B, T, dim), alphas or None."""
        mask = causal_mask(input_ids.shape[1], input_ids.device).expand(len(input_ids), -1, -1)
        h, alphas = self.transformer(self.embed(input_ids), mask, return_attn, alibi_attention)
        return h, alphas


def alibi_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """A V and A with A = softmax(Q Kᵀ / √n − m_h (t − s)); q, k, v: (B, H, T, n), mask (B, 1, T, T)
    of 0/1 or None. A query must be allowed to see at least one key."""
    heads, tokens, n = q.shape[-3:]
    t = torch.arange(tokens, device=q.device)
    slopes = torch.from_numpy(alibi_slopes(heads)).to(q)[:, None, None]
    scores = q @ k.mT / math.sqrt(n) - slopes * (t[:, None] - t)
    if mask is not None:
        scores = scores.masked_fill(~mask.bool(), -math.inf)
    alphas = scores.softmax(-1)
    return alphas @ v, alphas
