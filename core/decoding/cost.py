"""What one generated token costs, from the formula.

Letters   T tokens in the text · d = dim · H heads · n width of a head · m = mlp_dim · L layers
          V vocabulary

    projections of one token                    P = d·3Hn + Hn·d + 2·d·m    multiply-adds a layer

    no cache, head on all positions             L (T·P + 2·T²·Hn) + T·d·V
    no cache, head on the last position         L (T·P + 2·T²·Hn) +   d·V
    cache                                       L (  P + 2·T ·Hn) +   d·V

The two products with T are q Kᵀ and A V. The head is the linear layer to the vocabulary: only the
logits of the last position choose the next token. In a small model with a large vocabulary,
computing the others is most of the work of the first variant. Without a cache, q Kᵀ and A V are
computed as the matrix products do it: all T² pairs, the masked ones too.

Reading memory comes on top: with a cache one token reads every weight once, and every key and value
kept so far.
"""

from collections.abc import Mapping
from typing import NamedTuple

from core.decoding.weights import DecodeWeights

FLOAT_BYTES = 4


class Variant(NamedTuple):
    """What is computed for a new token. rows: of the T positions, those that pass the layers;
    read: those that pass the vocabulary head. True: all T; False: the last one only."""

    rows: bool
    read: bool


ALL, LAST, CACHE = (
    "no cache, head on all positions",
    "no cache, head on the last position",
    "cache",
)
VARIANTS: Mapping[str, Variant] = {
    ALL: Variant(rows=True, read=True),
    LAST: Variant(rows=True, read=False),
    CACHE: Variant(rows=False, read=False),
}


def operations(weights: DecodeWeights, tokens: int, variant: str) -> int:
    """Multiply-adds of the forward pass that makes the token after a text of T = `tokens` tokens.

    variant: ALL, LAST or CACHE. Only matrix products are counted.
    """
    rows, read = (tokens if every else 1 for every in VARIANTS[variant])
    heads = weights.num_heads * weights.head_dim
    projections = 4 * weights.dim * heads + 2 * weights.dim * weights.mlp_dim
    attention = 2 * rows * tokens * heads
    head = read * weights.dim * weights.vocab_size
    return len(weights.blocks) * (rows * projections + attention) + head


def bytes_read(weights: DecodeWeights, tokens: int, weight_bits: int) -> int:
    """Bytes of weights and cached keys and values that one token with a cache must read.

    weight_bits: of an entry of a matrix in memory; biases and the cache are float32.
    """
    layers = [a for b in weights.blocks for a in (b.qkv, b.project, b.up, b.down)]
    entries = sum(layer.weight.numel() for layer in (*layers, weights.head))
    biases = sum(layer.bias.numel() for layer in (*layers, weights.head))
    return entries * weight_bits // 8 + FLOAT_BYTES * biases + cache_bytes(weights, tokens)


def key_value_bytes(layers: int, heads: int, width: int, tokens: int) -> int:
    """Bytes of a cache of 32-bit numbers: 2·L·G·n·T·4, with G = `heads` heads of keys and values.

    G is smaller than H where groups of query heads share keys and values. Source: Ainslie et al.
    2023, "GQA", section 2.2.
    """
    return FLOAT_BYTES * 2 * layers * heads * width * tokens


def whole_groups(groups: int, heads: int) -> int:
    """The largest divisor of `heads` that is at most `groups`: each group has as many heads."""
    return next(g for g in range(groups, 0, -1) if heads % g == 0)


def cache_bytes(weights: DecodeWeights, tokens: int) -> int:
    """Bytes that the keys and values of a text take: 2·L·T·H·n floats."""
    return key_value_bytes(len(weights.blocks), weights.num_heads, weights.head_dim, tokens)
