"""The KV cache: what attention has computed once about the past is kept, not computed again.

Letters   B batch · T new tokens · S tokens already cached · V vocabulary · L layers · H heads
          n width of a head · N longest text

The keys and values of token j depend on the tokens up to j only, because no token sees the
future. So when token t arrives, only its own query, key and value are new:

    K ← [K; k_t],  V ← [V; v_t],  out_t = softmax(q_t Kᵀ / √n) V

One generated token then costs O(d² + T d) a layer instead of O(T d² + T² d).
Source: Shazeer 2019, "Fast Transformer Decoding: One Write-Head is All You Need", section 2.4.1.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import gelu, layer_norm, linear

from core.decoding.weights import Affine, BlockWeights, DecodeWeights


class KVCache:
    """Room for the keys and values of B texts of up to N tokens, allocated once.

    keys, values: (L, B, H, N, n). The first `length` places along N are filled; forgetting is
    making `length` smaller.
    """

    def __init__(self, weights: DecodeWeights, batch: int = 1):
        shape = (
            len(weights.blocks),
            batch,
            weights.num_heads,
            weights.window,
            weights.head_width,
        )
        self.keys = weights.tokens.new_empty(shape)
        self.values = weights.tokens.new_empty(shape)
        self.length = 0

    @property
    def batch(self) -> int:
        return self.keys.shape[1]

    @property
    def room(self) -> int:
        """How many more tokens fit."""
        return self.keys.shape[3] - self.length

    def truncate(self, length: int) -> None:
        """Keep the first `length` tokens only."""
        self.length = min(self.length, length)

    def repeat(self, batch: int, length: int) -> "KVCache":
        """A new cache holding the first `length` tokens of this one text `batch` times, to be
        continued in `batch` ways."""
        copy = object.__new__(KVCache)
        layers, _, *rest = self.keys.shape
        copy.keys = self.keys.new_empty(layers, batch, *rest)
        copy.values = torch.empty_like(copy.keys)
        copy.keys[..., :length, :] = self.keys[..., :length, :]
        copy.values[..., :length, :] = self.values[..., :length, :]
        copy.length = length
        return copy


@torch.inference_mode()
def read_tokens(weights: DecodeWeights, cache: KVCache, ids: Tensor) -> Tensor:
    """Read T more tokens of every text and keep their keys and values.

    ids: (B, T) -> logits (B, V) for the token that follows the last one. T = 1 is a step of
    generation; T > 1 reads a whole prompt at once.
    Errors: ValueError when the tokens do not fit into the cache.
    """
    require_room(cache, ids)
    start, stop = cache.length, cache.length + ids.shape[1]
    x = weights.tokens[ids] + weights.positions[start:stop]
    for layer, block in enumerate(weights.blocks):
        x = x + _attend(weights, block, x, cache.keys[layer], cache.values[layer], start)
        normed = _norm(x, block.ffn_norm, weights)
        x = x + linear(gelu(linear(normed, *block.up)), *block.down)
    cache.length = stop
    return linear(_norm(x[:, -1], weights.head_norm, weights), *weights.head)


def require_room(cache: KVCache, ids: Tensor, more: int = 0) -> None:
    """Errors: ValueError when `ids` (B, T), and so many `more`, do not fit into the cache."""
    if len(ids) != cache.batch:
        raise ValueError(f"The cache holds {cache.batch} texts, but {len(ids)} were given.")
    tokens = ids.shape[1] + more
    if not 1 <= tokens <= cache.room:
        raise ValueError(
            f"The cache has room for {cache.room} more tokens, but {tokens} were given; "
            "shorten the text."
        )


def _attend(
    weights: DecodeWeights, block: BlockWeights, x: Tensor, keys: Tensor, values: Tensor, start: int
) -> Tensor:
    """Attention of the T new tokens over everything so far; x: (B, T, d) -> (B, T, d).

    keys, values: (B, H, N, n), of which places start … start+T-1 are written here.
    """
    tokens = x.shape[1]
    if block.attn_norm is not None:
        x = _norm(x, block.attn_norm, weights)
    fused = linear(x, *block.qkv).view(*x.shape[:2], 3, weights.num_heads, weights.head_width)
    q, k, v = fused.permute(2, 0, 3, 1, 4)  # each (B, H, T, n)
    stop = start + tokens
    keys[:, :, start:stop], values[:, :, start:stop] = k, v
    scores = q @ keys[:, :, :stop].mT / math.sqrt(weights.head_width)  # (B, H, T, S+T)
    if tokens > 1:
        future = torch.ones(tokens, stop, dtype=torch.bool, device=x.device).triu(start + 1)
        scores = scores.masked_fill(future, -torch.inf)
    heads = scores.softmax(-1) @ values[:, :, :stop]
    return linear(heads.transpose(1, 2).flatten(-2), *block.project)


def _norm(x: Tensor, affine: Affine, weights: DecodeWeights) -> Tensor:
    return layer_norm(x, x.shape[-1:], affine.weight, affine.bias, weights.norm_eps)
