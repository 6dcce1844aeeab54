"""What one generated token costs, from the formula.

Letters   T tokens in the text · d = dim · H heads · n width of a head · m = mlp_dim · L layers
          V vocabulary

    projections of one token    P = d·3Hn + Hn·d + 2·d·m             multiply-adds a layer
    with the cache              L (P + 2·T·H·n) + d·V
    without                     L (T·P + 2·T²·H·n) + T·d·V           everything again, every time

The two products with T are q Kᵀ and A V. Reading memory is what limits one token with a cache:
every weight once, and every key and value kept so far.
"""

from core.decoding.weights import DecodeWeights

FLOAT_BYTES = 4


def operations(weights: DecodeWeights, tokens: int, cached: bool) -> int:
    """Multiply-adds to make the token that follows a text of `tokens` tokens."""
    heads = weights.num_heads * weights.head_dim
    projections = 4 * weights.dim * heads + 2 * weights.dim * weights.mlp_dim
    rows = 1 if cached else tokens
    attention = 2 * rows * tokens * heads
    head = rows * weights.dim * weights.vocab_size
    return len(weights.blocks) * (rows * projections + attention) + head


def bytes_read(weights: DecodeWeights, tokens: int, weight_bits: int) -> int:
    """Bytes of weights and cached keys and values that one token with a cache must read.

    weight_bits: of an entry of a matrix in memory; biases and the cache are float32.
    """
    layers = [a for b in weights.blocks for a in (b.qkv, b.project, b.up, b.down)]
    entries = sum(layer.weight.numel() for layer in (*layers, weights.head))
    biases = sum(layer.bias.numel() for layer in (*layers, weights.head))
    return entries * weight_bits // 8 + FLOAT_BYTES * biases + cache_bytes(weights, tokens)


def cache_bytes(weights: DecodeWeights, tokens: int) -> int:
    """Bytes that the keys and values of a text take: 2·L·T·H·n floats."""
    heads = weights.num_heads * weights.head_dim
    return FLOAT_BYTES * 2 * len(weights.blocks) * tokens * heads
