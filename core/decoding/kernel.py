"""The compiled path of decoding: core/decoding/kernel.cpp, called through ctypes.

`core.decoding.kernel_build` builds and loads the library. Where there is none
`core.decoding.kv_cache.read_tokens` does the same work in eager torch.
"""

import ctypes
import math
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from core.decoding.kv_cache import KVCache, require_room
from core.decoding.strategies import Greedy, Strategy, choose_eagerly
from core.decoding.weights import Affine, DecodeWeights


class Sizes(ctypes.Structure):
    """The struct of the same name in kernel.cpp."""

    _fields_: ClassVar = [
        ("vocab", ctypes.c_int64),
        ("dim", ctypes.c_int64),
        ("heads", ctypes.c_int64),
        ("head_dim", ctypes.c_int64),
        ("mlp", ctypes.c_int64),
        ("layers", ctypes.c_int64),
        ("context_length", ctypes.c_int64),
        ("pre_norm", ctypes.c_int64),
        ("eps", ctypes.c_float),
    ]


class Kernel:
    """`read_tokens` of core/decoding/kv_cache.py, compiled for one model: the same logits.

    Packs the weights once (a second copy in memory), in 16 bits if that changes none of them, as in
    the shipped models. float32 on the CPU, one thread.
    """

    def __init__(self, library: ctypes.CDLL, weights: DecodeWeights):
        block = weights.blocks[0]
        self.weights = weights
        matrices, vectors = pack(weights, library.lanes())
        halves = matrices.half()
        exact = torch.equal(halves.float(), matrices) and hasattr(library, "read_tokens_half")
        self.bits = 16 if exact else 32  # of a weight in memory
        self._read = library.read_tokens_half if exact else library.read_tokens
        self._choose = library.choose_tokens
        self._packed = Packed(halves if exact else matrices, vectors)
        self._tables = [t.contiguous() for t in (weights.tokens, weights.positions)]
        self._sizes = Sizes(
            weights.vocab_size,
            weights.dim,
            weights.num_heads,
            weights.head_dim,
            weights.mlp_dim,
            len(weights.blocks),
            weights.context_length,
            block.attn_norm is not None,
            weights.norm_eps,
        )
        self._fixed = (
            ctypes.byref(self._sizes),
            *(ctypes.c_void_p(t.data_ptr()) for t in (*self._packed, *self._tables)),
        )

    def __call__(self, cache: KVCache, ids: Tensor) -> Tensor:
        """Read T more tokens of every text; ids: (B, T) -> logits (B, V).

        Errors: ValueError when the tokens do not fit into the cache or are not in the vocabulary.
        """
        batch, tokens = ids.shape
        require_room(cache, ids)
        ids = ids.to(torch.int64).contiguous()
        low, high = ids.aminmax()
        if low < 0 or high >= self.weights.vocab_size:
            raise ValueError(
                f"Token ids run from 0 to {self.weights.vocab_size - 1}, "
                f"but {int(low if low < 0 else high)} was given."
            )
        logits = torch.empty(batch, self.weights.vocab_size)
        self._read(
            *self._fixed,
            ctypes.c_void_p(cache.keys.data_ptr()),
            ctypes.c_void_p(cache.values.data_ptr()),
            ctypes.c_void_p(ids.data_ptr()),
            ctypes.c_int64(batch),
            ctypes.c_int64(tokens),
            ctypes.c_int64(cache.length),
            ctypes.c_void_p(logits.data_ptr()),
        )
        cache.length += tokens
        return logits

    def choose(self, strategy: Strategy, logits: Tensor, draws: Tensor) -> tuple[Tensor, Tensor]:
        """`Strategy.choose`, compiled: logits (B, V), draws (B,) in [0, 1) -> ids (B,) and log P
        (B,) of each, in nats, at t = 1.

        Errors: those of the strategy's filter, which takes over where logits are not finite.
        """
        batch, vocab = logits.shape
        compiled = settings(strategy, vocab)
        if compiled is None or logits.dtype != torch.float32:
            return choose_eagerly(strategy, logits, draws)
        logits, draws = logits.contiguous(), draws.float().contiguous()
        ids = torch.empty(batch, dtype=torch.int64)
        log_probability = torch.empty(batch)
        self._choose(
            ctypes.c_void_p(logits.data_ptr()),
            ctypes.c_int64(batch),
            ctypes.c_int64(vocab),
            *compiled,
            ctypes.c_void_p(draws.data_ptr()),
            ctypes.c_void_p(ids.data_ptr()),
            ctypes.c_void_p(log_probability.data_ptr()),
        )
        if (ids < 0).any():
            return choose_eagerly(strategy, logits, draws)
        return ids, log_probability


def settings(
    strategy: Strategy, vocab: int
) -> tuple[ctypes.c_float, ctypes.c_int64, ctypes.c_double] | None:
    """t, k and p of a strategy as kernel.cpp takes them; None where they are out of its range."""
    if isinstance(strategy, Greedy):
        return ctypes.c_float(1), ctypes.c_int64(1), ctypes.c_double(1)
    t, k, p = strategy.t, getattr(strategy, "k", vocab), getattr(strategy, "p", 1.0)
    if not (1e-6 <= t < math.inf and k >= 1 and k % 1 == 0 and 0 < p <= 1):
        return None
    return ctypes.c_float(t), ctypes.c_int64(min(int(k), vocab)), ctypes.c_double(p)


class Packed(NamedTuple):
    """All weights in the order and layout that kernel.cpp reads, each kind one flat tensor."""

    panels: Tensor  # the matrices
    vectors: Tensor  # biases and norms


def pack(weights: DecodeWeights, lanes: int) -> Packed:
    """The weights as kernel.cpp reads them, float32; lanes: outputs in a panel."""
    matrices: list[Tensor] = []
    vectors: list[Tensor] = []

    def linear(layer: Affine) -> None:
        matrix, bias = panels(layer, lanes)
        matrices.append(matrix.flatten())
        vectors.append(bias)

    for block in weights.blocks:
        vectors += block.attn_norm or ()
        linear(block.qkv)
        linear(block.project)
        vectors += block.ffn_norm
        linear(block.up)
        linear(block.down)
    vectors += weights.head_norm
    linear(weights.head)
    return Packed(torch.cat(matrices).float(), torch.cat(vectors).float())


def panels(layer: Affine, lanes: int) -> tuple[Tensor, Tensor]:
    """A linear layer (out, in) -> weight (out/lanes, in, lanes) and bias, padded with zeros."""
    weight, bias = layer
    missing = -len(weight) % lanes
    weight = torch.nn.functional.pad(weight, (0, 0, 0, missing))
    bias = torch.nn.functional.pad(bias, (0, missing))
    return weight.view(-1, lanes, weight.shape[1]).transpose(1, 2).contiguous(), bias
