"""Scaled initialisation of a Transformer: at first, every block changes its residual stream little.

    W ← W / √(2L)     the layers that write to the stream, two in each of L blocks; their bias is 0
    E ← 0.02 E        positions, which would otherwise dominate the patches; the class token is
                      drawn from N(0, 0.02²)

The stream of the course's block, whose attention reads it unnormalised, then keeps its size from
block to block, and higher learning rates train stably. Source: Radford et al. 2019, "Language
Models are Unsupervised Multitask Learners", section 2.3.
"""

import math
from typing import cast

import torch
from torch import nn

from core.interpret.trace import blocks_of
from core.vit import VisionTransformer

STD = 0.02


@torch.no_grad()
def scaled_init(model: nn.Module) -> None:
    """Scale the fresh weights of a Vision Transformer in place; other models are unchanged."""
    if not isinstance(model, VisionTransformer):
        return
    model.pos_E.weight.mul_(STD)
    nn.init.normal_(model.cls_token, std=STD)
    blocks = blocks_of(model)
    for block in blocks:
        for layer in (block.attn.project_layer, cast(nn.Linear, block.ffn[-1])):
            layer.weight.div_(math.sqrt(2 * len(blocks)))
            nn.init.zeros_(layer.bias)
