"""The compact ViT with sinusoidal positions, which are defined at every cell of any grid.

    P[r, c] = [s(r); s(c)],   s the sinusoids of core/models/sinusoidal_gpt.py, half of the columns
    each

Source: Vaswani et al. 2017, section 3.5, for rows and columns as in Beyer, Zhai & Kolesnikov 2022,
"Better plain ViT baselines for ImageNet-1k", section 2.
"""

from typing import Any

import torch
from torch import Tensor, nn

from core.models.compact_vit import CompactViT
from core.models.sinusoidal_gpt import sinusoidal_positions


def grid_sinusoids(side: int, dim: int) -> Tensor:
    """(side², dim), cells row by row; the first half of the width tells the row."""
    s = sinusoidal_positions(side, dim // 2)
    rows = s[:, None].expand(side, side, -1)
    columns = sinusoidal_positions(side, dim - dim // 2)[None].expand(side, side, -1)
    return torch.cat([rows, columns], -1).flatten(0, 1)


class SinusoidalViT(CompactViT):
    """A `CompactViT` whose `pos_E` is the formula and is not learned; same arguments."""

    def __init__(self, *sizes: Any, **named: Any):
        super().__init__(*sizes, **named)
        side, dim = round(self.pos_E.num_embeddings**0.5), self.pos_E.embedding_dim
        self.pos_E = nn.Embedding(side * side, dim, _weight=grid_sinusoids(side, dim))
        self.pos_E.weight.requires_grad_(False)
