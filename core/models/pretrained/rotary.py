"""Attention as in a Llama: rotary positions, and keys and values shared by groups of heads.

    q_t = R_t W_Q x_t,  k_t = R_t W_K x_t        R_t turns each pair (i, i + n/2) by the angle t ω_i
    ω_i = θ^(−2i/n), i = 0 … n/2 − 1             so q_t · k_s depends on t − s only

H query heads share G heads of keys and values: query head h reads group ⌊h G / H⌋. G = H is the
usual attention; the KV cache has G/H of its size.

Sources: Su et al. 2021, "RoFormer", eq. 34 (rotary positions); Ainslie et al. 2023, "GQA: Training
Generalized Multi-Query Transformer Models", section 2.2; Grattafiori et al. 2024, "The Llama 3
Herd of Models", section 3.2 (the frequencies of longer contexts).
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor, nn

from core.attention import MultiHeadedAttention


@dataclass(frozen=True)
class Rotation:
    """Which angles: θ = `base`; with `factor` above 1 the slow ones are stretched as in Llama 3.

    Frequencies with a wavelength above original / low are divided by `factor`, those below
    original / high stay, and those between are blended.
    """

    base: float = 10_000.0
    factor: float = 1.0
    low: float = 1.0
    high: float = 4.0
    original: int = 8_192

    def frequencies(self, n: int) -> Tensor:
        """ω_i = θ^(−2i/n) for i = 0 … n/2 − 1, (n/2,), radians a token."""
        omega = self.base ** -(torch.arange(0, n, 2, device="cpu").float() / n)
        if self.factor == 1.0:
            return omega
        turns = self.original * omega / (2 * math.pi)  # in the original context
        keep = ((turns - self.low) / (self.high - self.low)).clamp(0, 1)
        return omega * (keep + (1 - keep) / self.factor)

    @lru_cache(maxsize=4)  # noqa: B019 - a rotation is five numbers; every layer asks for the same
    def angles(self, start: int, tokens: int, n: int) -> tuple[Tensor, Tensor]:
        """cos and sin of t ω_i for the positions from `start`, each (tokens, n); never change."""
        with torch.inference_mode(False):  # or what is kept could not meet a gradient later
            positions = torch.arange(start, start + tokens, device="cpu").float()
            turned = torch.outer(positions, self.frequencies(n)).repeat(1, 2)
            return turned.cos(), turned.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """R_t x_t for every position: x (..., T, n) -> (..., T, n), with `angles` (T, n)."""
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-second, first], dim=-1) * sin


class RotaryAttention(MultiHeadedAttention):
    """H heads of queries and G heads of keys and values, all from one linear layer `qkv`.

    The rows of its weight, ((H + 2 G)·n, dim), are q, k, v × head × feature.
    """

    def __init__(
        self, dim: int, n_hidden: int, num_heads: int, num_kv_heads: int, rotation: Rotation,
        qkv_bias: bool, out_bias: bool,
    ):  # fmt: skip
        nn.Module.__init__(self)
        self.n_hidden, self.num_heads, self.num_kv_heads = n_hidden, num_heads, num_kv_heads
        self.rotation = rotation
        self.qkv = nn.Linear(dim, (num_heads + 2 * num_kv_heads) * n_hidden, bias=qkv_bias)
        self.project_layer = nn.Linear(num_heads * n_hidden, dim, bias=out_bias)

    def split_qkv(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x: (B, T, dim) -> q, k, v, each (B, H, T, n): keys and values repeated for each query."""
        q, k, v = self.grouped_qkv(x)
        each = self.num_heads // self.num_kv_heads
        return q, k.repeat_interleave(each, dim=-3), v.repeat_interleave(each, dim=-3)

    def grouped_qkv(self, x: Tensor, start: int = 0) -> tuple[Tensor, Tensor, Tensor]:
        """x: (B, T, dim), its first token at position `start` -> q (B, H, T, n), k and v
        (B, G, T, n); q and k are rotated."""
        rows = self.qkv(x).unflatten(-1, (-1, self.n_hidden)).transpose(-3, -2)
        groups = [self.num_heads, self.num_kv_heads, self.num_kv_heads]
        q, k, v = rows.split(groups, dim=-3)
        cos, sin = (a.to(x) for a in self.rotation.angles(start, x.shape[-2], self.n_hidden))
        return rotate(q, cos, sin), rotate(k, cos, sin), v
