"""What one picture costs a Vision Transformer, in multiplications, by formula.

Letters   p side of a patch in pixels · S side of the picture · N tokens · d = dim · C channels
          n width of a head · H heads · M width of the MLP · L layers
"""

from __future__ import annotations

from dataclasses import dataclass

from core.config.model_config import ViTConfig


@dataclass(frozen=True)
class Cost:
    """tokens: N. attention: the multiplications of Q Kᵀ and A V. total: of all matrix products."""

    tokens: int
    attention: int
    total: int

    @property
    def share(self) -> float:
        """The share of attention in the total, 0 to 1."""
        return self.attention / self.total


def cost(sizes: ViTConfig) -> Cost:
    """The cost of one picture: attention grows with N², and all else with N = (S/p)² + 1.

    A token's projections are Q, K, V and the output; the patches and the classifier are the ends.
    """
    p, d, L, M = sizes.patch_size, sizes.dim, sizes.num_layers, sizes.mlp_dim
    Hn = sizes.num_heads * sizes.attn_dim
    N = (sizes.img_size // p) ** 2 + 1
    attention = L * 2 * N**2 * Hn
    others = L * N * (4 * d * Hn + 2 * d * M)
    ends = (N - 1) * sizes.n_channels * p**2 * d + d * sizes.nout
    return Cost(N, attention, attention + others + ends)
