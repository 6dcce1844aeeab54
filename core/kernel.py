"""The compiled path of decoding: core/kernel.cpp, built on demand, called through ctypes.

Nothing is compiled when this module is imported. `load_kernel` builds the library with the
machine's C++ compiler the first time it is asked, keeps it in the user's cache directory under a
name made of the source and the processor, and returns None where there is no compiler; then
`core.cache.read_tokens` does the same work in eager torch.
"""

import ctypes
import hashlib
import math
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import ClassVar, NamedTuple

import torch
from filelock import FileLock
from torch import Tensor

from core.cache import KVCache, require_room
from core.decode_weights import Affine, DecodeWeights
from core.decoding import Greedy, Strategy, choose_eagerly

SOURCE = Path(__file__).with_name("kernel.cpp")
BUILD_SECONDS = 60
FLAGS = ("-std=c++17", "-O3", "-shared", "-fPIC")


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


@cache
def load_kernel() -> ctypes.CDLL | None:
    """The compiled library, built now if need be; None where that is not possible."""
    if sys.platform == "win32":
        return None
    try:
        path = _cache_folder() / f"kernel-{_fingerprint()}.so"
        if not path.exists() and not _build(path):
            return None
        return ctypes.CDLL(str(path))
    except OSError:
        return None


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "unrolled" / "kernels"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _fingerprint() -> str:
    """A name for this source on this processor: another of either is built anew."""
    cpu = [platform.system(), platform.machine(), platform.processor()]
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text(errors="replace").splitlines()
        wanted = ("flags", "Features", "model name")
        cpu += [next((ln for ln in lines if ln.startswith(key)), "") for key in wanted]
    text = SOURCE.read_bytes() + "\n".join([*FLAGS, *cpu]).encode()
    return hashlib.sha256(text).hexdigest()[:16]


def find_compiler() -> str | None:
    """The machine's C++ compiler: the one that CXX names, or a usual one."""
    names = [os.environ.get("CXX", ""), "c++", "g++", "clang++"]
    return next((found for name in names if name and (found := shutil.which(name))), None)


def _build(path: Path) -> bool:
    """Compile into a temporary file beside `path`, then rename; whether it worked."""
    compiler = find_compiler()
    if compiler is None:
        return False
    with FileLock(path.with_suffix(".lock"), timeout=BUILD_SECONDS):
        if path.exists():
            return True
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            built = Path(folder) / path.name
            for native in (["-march=native"], ["-mcpu=native"], []):
                command = [compiler, *FLAGS, *native, str(SOURCE), "-o", str(built)]
                try:
                    subprocess.run(command, check=True, capture_output=True, timeout=BUILD_SECONDS)
                except subprocess.SubprocessError:
                    continue
                built.replace(path)
                return True
    return False


class KernelReader:
    """`read_tokens` of core/cache.py, compiled: the same arguments, the same logits.

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
