"""The weights of any dialogue GPT as plain tensors, so that decoding calls no modules.

Letters   V vocabulary · N = context length · d = dim · H heads · n = head dimension
          m = mlp_dim

`DialogueGPT`, `CompactGPT` and `SinusoidalGPT` differ only in what is filled in here: whether a
LayerNorm is before the attention, and where the positions come from.
"""

from dataclasses import dataclass
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from core.attention import MultiHeadedAttention
from core.gpt import DialogueGPT


class Affine(NamedTuple):
    """The two tensors of a linear layer (out × in, out) or of a LayerNorm (d, d)."""

    weight: Tensor
    bias: Tensor


@dataclass(frozen=True)
class BlockWeights:
    """One layer: [LayerNorm,] attention, then LayerNorm, Linear, GELU, Linear."""

    attn_norm: Affine | None  # None in the course's block, whose attention reads the bare stream
    qkv: Affine  # (3·H·n, d): queries, keys, values × head × feature
    project: Affine  # (d, H·n)
    ffn_norm: Affine
    up: Affine  # (m, d)
    down: Affine  # (d, m)


@dataclass(frozen=True)
class DecodeWeights:
    """Everything decoding reads, detached from its model: token table to vocabulary head."""

    tokens: Tensor  # (V, d)
    positions: Tensor  # (N, d), learned or from the formula
    blocks: tuple[BlockWeights, ...]
    head_norm: Affine
    head: Affine  # (V, d)
    num_heads: int
    head_dim: int  # n
    norm_eps: float

    @property
    def vocab_size(self) -> int:
        return len(self.tokens)

    @property
    def context_length(self) -> int:
        """N: the most tokens the model reads at once."""
        return len(self.positions)

    @property
    def dim(self) -> int:
        return self.tokens.shape[1]

    @property
    def mlp_dim(self) -> int:
        return self.blocks[0].up.weight.shape[0]


def decode_weights(model: DialogueGPT) -> DecodeWeights:
    """The weights of a GPT of this family; they share memory with the model's.

    Dropout is left out: this is the model in eval mode.
    """
    first = cast(MultiHeadedAttention, model.transformer.layers[0].attn)
    norm = cast(nn.LayerNorm, model.head[0])
    with torch.no_grad():
        positions = model.positions(model.max_N).detach()
    return DecodeWeights(
        tokens=model.token_embed.weight.detach(),
        positions=positions,
        blocks=tuple(_block(layer) for layer in model.transformer.layers),
        head_norm=_affine(norm),
        head=_affine(model.head[1]),
        num_heads=first.num_heads,
        head_dim=first.n_hidden,
        norm_eps=norm.eps,
    )


def _block(layer: nn.Module) -> BlockWeights:
    attn, ffn = cast(MultiHeadedAttention, layer.attn), cast(nn.Sequential, layer.ffn)
    norm = getattr(layer, "norm", None)
    return BlockWeights(
        attn_norm=None if norm is None else _affine(norm),
        qkv=_affine(attn.qkv),
        project=_affine(attn.project_layer),
        ffn_norm=_affine(ffn[0]),
        up=_affine(ffn[1]),
        down=_affine(ffn[3]),
    )


def _affine(layer: nn.Module) -> Affine:
    weight, bias = cast(Tensor, layer.weight), cast(Tensor, layer.bias)
    return Affine(weight.detach(), bias.detach())
