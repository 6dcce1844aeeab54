"""The GPT with LayerNorm before or after each part of a block, and its gradients before training.

    before   x = x + attn(LayerNorm(x))    x = x + ffn(LayerNorm(x))    one more before the head
    after    x = LayerNorm(x + attn(x))    x = LayerNorm(x + ffn(x))

Source: Xiong et al. 2020, "On Layer Normalization in the Transformer Architecture", figure 1.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from core.gpt import DialogueGPT
from core.models.llama_steps import PreNormGPT
from core.models.norm_place.history import AFTER, BEFORE
from core.transformer import AttentionResidual

SIZES = {"max_N": 32, "dim": 32, "attn_dim": 16, "mlp_dim": 128, "num_heads": 2}


class PostNormBlock(AttentionResidual):
    """LayerNorm after both parts: the stream itself is normalised, not only what a part reads."""

    def __init__(self, dim: int, attn_dim: int, mlp_dim: int, num_heads: int):
        super().__init__(dim, attn_dim, mlp_dim, num_heads)
        self.ffn[0] = nn.Identity()
        self.norm_1, self.norm_2 = nn.LayerNorm(dim), nn.LayerNorm(dim)

    def after_attention(self, x: Tensor, attended: Tensor) -> Tensor:
        """The rest of the block, each token by itself: x and attended (..., dim) -> (..., dim)."""
        x = self.norm_1(x + attended)
        x = self.norm_2(x + self.ffn(x))
        return x


class PostNormGPT(DialogueGPT):
    """The course's GPT with `PostNormBlock`s: its head reads a stream that they have normalised."""

    def __init__(
        self, vocab_size: int, max_N: int, dim: int, attn_dim: int, mlp_dim: int, num_heads: int,
        num_layers: int,
    ):  # fmt: skip
        super().__init__(vocab_size, max_N, dim, attn_dim, mlp_dim, num_heads, num_layers=0)
        self.transformer.layers.extend(
            PostNormBlock(dim, attn_dim, mlp_dim, num_heads) for _ in range(num_layers)
        )
        self.head[0] = nn.Identity()


def build(norm: str, layers: int, vocabulary: int, seed: int) -> DialogueGPT:
    """A GPT whose weights follow Glorot & Bengio 2010. Raises KeyError for another place."""
    architecture = {BEFORE: PreNormGPT, AFTER: PostNormGPT}[norm]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = architecture(vocabulary, num_layers=layers, **SIZES)
        for module in model.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)
    return model


def loss_of(model: DialogueGPT, ids: Tensor) -> Tensor:
    """Mean loss (nats) of every next token; ids: (B, T + 1)."""
    return cross_entropy(model(ids[:, :-1])[0].flatten(0, 1), ids[:, 1:].flatten())


def gradient_norms(model: DialogueGPT, ids: Tensor) -> list[float]:
    """‖∂L/∂W‖ over all parameters of each block, the first block first: one backward pass."""
    model.zero_grad()
    loss_of(model, ids).backward()
    return [
        float(torch.stack([p.grad.norm() for p in block.parameters() if p.grad is not None]).norm())
        for block in model.transformer.layers
    ]
