"""The course's ViT with pre-norm blocks, which leaves the start sooner; patches as in the course.

A patch is cut out and mapped linearly, so only its side p differs between the models compared.
"""

from __future__ import annotations

from dataclasses import asdict

import torch
from torch import nn

from core.models.patch_sizes.history import config
from core.models.prenorm import PreNormTransformer
from core.vit import VisionTransformer


class PreNormViT(VisionTransformer):
    """A `VisionTransformer` whose blocks apply LayerNorm before attention too."""

    def __init__(
        self, n_channels: int, nout: int, img_size: int, patch_size: int, dim: int, attn_dim: int,
        mlp_dim: int, num_heads: int, num_layers: int,
    ):  # fmt: skip
        super().__init__(
            n_channels, nout, img_size, patch_size, dim, attn_dim, mlp_dim, num_heads, 0
        )
        self.transformer = PreNormTransformer(
            dim, attn_dim, mlp_dim, num_heads, num_layers, dropout=0
        )
        nn.init.normal_(self.pos_E.weight, std=0.02)
        nn.init.normal_(self.cls_token, std=0.02)


def build(patch: int, seed: int) -> PreNormViT:
    """The model of this section with patches of this side, in pixels."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return PreNormViT(**asdict(config(patch)))
