"""A gentler beginning for a Transformer: every block starts out changing its stream a little only.

    W ← W / √(2L)     the layers that write to the stream, two in each of L blocks; their bias is 0
    E ← 0.02 E        positions, which else outweigh the patches; the class token from N(0, 0.02²)

Then the stream of the course's block, whose attention reads it unnormalised, keeps its size from
block to block, and higher learning rates are borne. Source: Radford et al. 2019, "Language Models
are Unsupervised Multitask Learners", section 2.3.
"""

import math
from typing import cast

import torch
from torch import nn

from core.interpret.trace import blocks_of
from core.models.compact_vit import CompactViT
from core.vit import VisionTransformer

SMALL = 0.02


@torch.no_grad()
def scaled_init(model: nn.Module) -> None:
    """Change fresh weights in place; anything that is not a Vision Transformer stays as it is."""
    if not isinstance(model, VisionTransformer | CompactViT):
        return
    model.pos_E.weight.mul_(SMALL)
    nn.init.normal_(model.cls_token, std=SMALL)
    blocks = blocks_of(model)
    for block in blocks:
        for layer in (block.attn.project_layer, cast(nn.Linear, block.ffn[-1])):
            layer.weight.div_(math.sqrt(2 * len(blocks)))
            nn.init.zeros_(layer.bias)
