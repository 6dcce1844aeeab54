"""The compact ViTs with sequence pooling: the head reads the class token and the patches.

    logits = head(z_class + Σ_i w_i z_i)      w = softmax over the patches of a linear score

They learn as well, but a map of what the class token attends to explains only a part of the answer.
Source: Hassani et al. 2021, "Escaping the Big Data Paradigm with Compact Transformers", section 3.2
(which pools instead of reading a class token).
"""

from typing import Any

from torch import Tensor, nn

from core.models.compact_vit import CompactViT
from core.models.sinusoidal_vit import SinusoidalViT


class PooledCompactViT(CompactViT):
    """`CompactViT` with sequence pooling; same arguments."""

    def __init__(self, *sizes: Any, **named: Any):
        super().__init__(*sizes, **named)
        head = self.head
        del self.head
        self.pool = nn.Linear(self.cls_token.shape[-1], 1)
        self.head = head  # stored optimiser states count the parameters in this order

    def read_out(self, z: Tensor) -> Tensor:
        """The residual stream (B, P+1, dim) -> logits (B, nout)."""
        logits: Tensor = self.head(z[:, 0] + self.pooled(z[:, 1:]))
        return logits

    def pooled(self, patches: Tensor) -> Tensor:
        """Sequence pooling: (B, P, dim) -> (B, dim), weights a softmax over the P tokens."""
        weights: Tensor = self.pool(patches).softmax(dim=1)
        return (weights * patches).sum(dim=1)


class PooledSinusoidalViT(PooledCompactViT, SinusoidalViT):
    """`SinusoidalViT` with sequence pooling; same arguments."""
