"""The Transformer of the course: blocks of attention and feed-forward layers on a residual stream.

    x = attn(x) + x
    x = ffn(x) + x          the only LayerNorm is the first layer of the FFN

Source: Vaswani et al. 2017, sections 3.1 and 3.3; GELU from Hendrycks & Gimpel 2016.
"""

import torch
from torch import Tensor, nn

from core.attention import Attend, MultiHeadedAttention, attention


class FFN(nn.Sequential):
    """LayerNorm, Linear, GELU, Linear on every token by itself: (B, T, dim) -> (B, T, dim)."""

    def __init__(self, dim: int, n_hidden: int):
        super().__init__(
            nn.LayerNorm(dim), nn.Linear(dim, n_hidden), nn.GELU(), nn.Linear(n_hidden, dim)
        )


class AttentionResidual(nn.Module):
    """One block: x = attn(x) + x, then x = ffn(x) + x."""

    def __init__(self, dim: int, attn_dim: int, mlp_dim: int, num_heads: int):
        super().__init__()
        self.attn = MultiHeadedAttention(dim, attn_dim, num_heads)
        self.ffn = FFN(dim, mlp_dim)

    def forward(
        self, x: Tensor, attn_mask: Tensor | None = None, attend: Attend = attention
    ) -> tuple[Tensor, Tensor | None]:
        """x: (B, T, dim), attn_mask: (B, T, T) or None -> out (B, T, dim), alphas (B, H, T, T)."""
        attended, alphas = self.attn(self.attention_input(x), attn_mask, attend)
        return self.after_attention(x, attended), alphas

    def attention_input(self, x: Tensor) -> Tensor:
        """What the heads read of the stream: here the stream itself, unnormalised."""
        return x

    def after_attention(self, x: Tensor, attended: Tensor) -> Tensor:
        """The rest of the block, each token by itself: x and attended (..., dim) -> (..., dim)."""
        x = attended + x
        x = self.ffn(x) + x
        return x


class Transformer(nn.Module):
    """num_layers blocks, one after the other."""

    def __init__(self, dim: int, attn_dim: int, mlp_dim: int, num_heads: int, num_layers: int):
        super().__init__()
        self.layers = nn.ModuleList(
            AttentionResidual(dim, attn_dim, mlp_dim, num_heads) for _ in range(num_layers)
        )

    def forward(
        self,
        x: Tensor,
        attn_mask: Tensor | None = None,
        return_attn: bool = False,
        attend: Attend = attention,
    ) -> tuple[Tensor, Tensor | None]:
        """x: (B, T, dim), attn_mask: (B, T, T) or None -> out (B, T, dim), alphas (B, L, H, T, T).

        The alphas are None unless `return_attn`; asking for them never changes `out`.
        attend: see `MultiHeadedAttention`, the same in every block.
        """
        maps = []
        for layer in self.layers:
            x, alphas = layer(x, attn_mask, attend)
            if return_attn:
                maps.append(alphas)
        return x, torch.stack(maps, dim=1) if return_attn else None
