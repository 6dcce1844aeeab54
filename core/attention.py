"""Self-attention, twice: one head at a time as on the board, and all heads in one product.

Letters   B batch · T tokens · d = dim · n = n_hidden, the width of a head · H heads
          Q, K, V queries, keys, values (B, T, n) · A attention weights "alpha" (B, T, T)

Source: Vaswani et al. 2017, "Attention Is All You Need", equation 1 and section 3.2.2.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn


def attention_weights(q: Tensor, k: Tensor, mask: Tensor | None = None) -> Tensor:
    """A = softmax(Q Kᵀ / √n), the softmax over the keys (Vaswani et al. 2017, eq. 1).

    q: (..., T_q, n), k: (..., T_k, n) -> (..., T_q, T_k). Every row sums to one.
    mask[..., i, j] == 1 lets query i attend to key j; any other pair gets weight exactly 0.
    A query that may attend to nothing gets a row of zeros. The mask broadcasts over the scores.
    """
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if mask is None:
        return scores.softmax(-1)
    allowed = mask.bool()
    # A finite floor keeps a wholly masked row free of NaN; its uniform weights are zeroed below.
    floor = torch.finfo(scores.dtype).min
    alpha = scores.masked_fill(~allowed, floor).softmax(-1)
    return alpha.masked_fill(~allowed, 0.0)


def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """A V and A, with A = `attention_weights`; q, k, v: (..., T, n) -> (..., T, n), (..., T, T)."""
    alphas = attention_weights(q, k, mask)
    return alphas @ v, alphas


# How a block attends: `attention`, or another function of the same arguments, such as a fused one
# that returns no weights, or one that reads the keys of a cache.
Attend = Callable[[Tensor, Tensor, Tensor, Tensor | None], tuple[Tensor, Tensor | None]]


def causal_mask(tokens: int, device: torch.device | None = None) -> Tensor:
    """(T, T) of 0/1: token i may look at j only if j ≤ i."""
    return torch.ones(tokens, tokens, dtype=torch.bool, device=device).tril()


class AttentionHead(nn.Module):
    """One head: Q = W_Q x, K = W_K x, V = W_V x, out = softmax(Q Kᵀ / √n) V."""

    def __init__(self, dim: int, n_hidden: int):
        super().__init__()
        self.W_K = nn.Linear(dim, n_hidden)
        self.W_Q = nn.Linear(dim, n_hidden)
        self.W_V = nn.Linear(dim, n_hidden)

    def forward(self, x: Tensor, attn_mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """x: (B, T, dim), attn_mask: (B, T, T) of 0/1 or None -> out (B, T, n), alpha (B, T, T)."""
        alpha = attention_weights(self.W_Q(x), self.W_K(x), attn_mask)
        return alpha @ self.W_V(x), alpha


class MultiHeadedAttention(nn.Module):
    """H heads side by side, concatenated and projected back to dim (Vaswani 2017, section 3.2.2).

    All queries, keys and values come out of one linear layer `qkv`, whose weight has the shape
    (3·H·n_hidden, dim) and whose rows are ordered (q, k, v) × head × feature. The result is that
    of H separate `AttentionHead`s; see `from_heads`.
    """

    def __init__(self, dim: int, n_hidden: int, num_heads: int):
        super().__init__()
        self.n_hidden, self.num_heads = n_hidden, num_heads
        self.qkv = nn.Linear(dim, 3 * num_heads * n_hidden)
        self.project_layer = nn.Linear(num_heads * n_hidden, dim)

    def forward(
        self, x: Tensor, attn_mask: Tensor | None = None, attend: Attend = attention
    ) -> tuple[Tensor, Tensor | None]:
        """x: (B, T, dim), attn_mask: (B, T, T) or None -> out (B, T, dim), alphas (B, H, T, T).

        attend: what takes the place of `attention` between the two linear layers.
        """
        mask = None if attn_mask is None else attn_mask.unsqueeze(-3)  # the same for every head
        heads, alphas = attend(*self.split_qkv(x), mask)
        return self.project(heads), alphas

    def split_qkv(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x: (B, T, dim) -> q, k, v, each (B, H, T, n)."""
        q, k, v = self.qkv(x).unflatten(-1, (3, self.num_heads, self.n_hidden)).unbind(-3)
        return q.transpose(-3, -2), k.transpose(-3, -2), v.transpose(-3, -2)

    def project(self, heads: Tensor) -> Tensor:
        """heads: (B, H, T, n) -> concatenated over heads and projected, (B, T, dim)."""
        out: Tensor = self.project_layer(heads.transpose(-3, -2).flatten(-2))
        return out

    @classmethod
    def from_heads(
        cls, heads: list[AttentionHead], project_layer: nn.Linear
    ) -> "MultiHeadedAttention":
        """The fused layer that computes exactly what these heads do one after another."""
        n_hidden, dim = heads[0].W_Q.weight.shape
        fused = cls(dim, n_hidden, len(heads))
        layers = [getattr(h, name) for name in ("W_Q", "W_K", "W_V") for h in heads]
        with torch.no_grad():
            fused.qkv.weight.copy_(torch.cat([layer.weight for layer in layers]))
            fused.qkv.bias.copy_(torch.cat([layer.bias for layer in layers]))
        fused.project_layer.load_state_dict(project_layer.state_dict())
        return fused
