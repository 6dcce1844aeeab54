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
        ("head_width", ctypes.c_int64),
        ("mlp", ctypes.c_int64),
        ("layers", ctypes.c_int64),
        ("window", ctypes.c_int64),
        ("pre_norm", ctypes.c_int64),
        ("eps", ctypes.c_float),
    ]


class KernelReader:
    """`read_tokens` of core/decoding/kv_cache.py, compiled: the same arguments, the same logits.

    Packs the weights once (a second copy of them in memory), in 16 bits where every one of them is
    exact in these, as in the shipped models. float32 on the CPU, one thread.
    """

    def __init__(self, library: ctypes.CDLL, weights: DecodeWeights):
        block = weights.blocks[0]
        self.weights = weights
        matrices, vectors = pack(weights, library.lanes())
        halves = matrices.half()
        exact = torch.equal(halves.float(), matrices) and hasattr(library, "read_tokens_half")
        self.bits = 16 if exact else 32  # of a weight in memory
        self._read = library.read_tokens_half if exact else library.read_tokens
        self._write = library.write_tokens_half if exact else library.write_tokens
        self._write.restype = ctypes.c_int64
        self._packed = Packed(halves if exact else matrices, vectors)
        self._tables = [t.contiguous() for t in (weights.tokens, weights.positions)]
        self._sizes = Sizes(
            weights.vocab_size,
            weights.dim,
            weights.num_heads,
            weights.head_width,
            weights.mlp_dim,
            len(weights.blocks),
            weights.window,
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
        ids = self._checked(cache, ids)
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

    def write(
        self, cache: KVCache, ids: Tensor, strategy: Strategy, draws: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Read T more tokens of one text, choose the next, read it, and so on, in one call.

        ids: (1, T), draws: (n,) in [0, 1), one for each token to choose -> logits (m, V) before
        each token, tokens (m,), log P (m,) in nats and ranks (m,) from 1; m < n where logits or
        the strategy are out of the ordinary. All but the last token have then been read.
        Errors: as for reading the T tokens and n - 1 more.
        """
        ids, count = self._checked(cache, ids, more=len(draws) - 1), len(draws)
        found = settings(strategy, self.weights.vocab_size)
        logits = torch.empty(count, self.weights.vocab_size)
        tokens, ranks = torch.empty(2, count, dtype=torch.int64)
        log_probability = torch.empty(count)
        if found is None:
            return logits[:0], tokens[:0], log_probability[:0], ranks[:0]
        draws = draws.float().contiguous()
        done = self._write(
            *self._fixed,
            ctypes.c_void_p(cache.keys.data_ptr()),
            ctypes.c_void_p(cache.values.data_ptr()),
            ctypes.c_void_p(ids.data_ptr()),
            ctypes.c_int64(ids.shape[1]),
            ctypes.c_int64(cache.length),
            ctypes.c_int64(count),
            *found,
            ctypes.c_void_p(draws.data_ptr()),
            ctypes.c_void_p(logits.data_ptr()),
            ctypes.c_void_p(tokens.data_ptr()),
            ctypes.c_void_p(log_probability.data_ptr()),
            ctypes.c_void_p(ranks.data_ptr()),
        )
        cache.length += ids.shape[1] + min(done, count - 1)
        return logits[:done], tokens[:done], log_probability[:done], ranks[:done]

    def _checked(self, cache: KVCache, ids: Tensor, more: int = 0) -> Tensor:
        """`ids` as the library takes them, if they and so many more tokens can be read."""
        require_room(cache, ids, more)
        ids = ids.to(torch.int64).contiguous()
        low, high = ids.aminmax()
        if low < 0 or high >= self.weights.vocab_size:
            raise ValueError(
                f"Token ids run from 0 to {self.weights.vocab_size - 1}, "
                f"but {int(low if low < 0 else high)} was given."
            )
        return ids


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


class KernelChooser:
    """`Strategy.choose`, compiled; also gives log P of every chosen token."""

    def __init__(self, library: ctypes.CDLL):
        self._choose = library.choose_tokens

    def __call__(self, strategy: Strategy, logits: Tensor, draws: Tensor) -> tuple[Tensor, Tensor]:
        """logits: (B, V), draws: (B,) in [0, 1) -> ids (B,), log P (B,) in nats, at t = 1.

        Errors: as the strategy's filter, which takes over when the logits are out of the ordinary.
        """
        batch, vocab = logits.shape
        found = settings(strategy, vocab)
        if found is None or logits.dtype != torch.float32:
            return choose_eagerly(strategy, logits, draws)
        logits, draws = logits.contiguous(), draws.float().contiguous()
        ids = torch.empty(batch, dtype=torch.int64)
        log_probability = torch.empty(batch)
        self._choose(
            ctypes.c_void_p(logits.data_ptr()),
            ctypes.c_int64(batch),
            ctypes.c_int64(vocab),
            *found,
            ctypes.c_void_p(draws.data_ptr()),
            ctypes.c_void_p(ids.data_ptr()),
            ctypes.c_void_p(log_probability.data_ptr()),
        )
        if (ids < 0).any():
            return choose_eagerly(strategy, logits, draws)
        return ids, log_probability


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
