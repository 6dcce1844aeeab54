"""The decoding engine: logits of the next token for any text, each text read only once."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import torch
from cachetools import LRUCache
from torch import Tensor

from core.decoding.kernel import Kernel
from core.decoding.kernel_build import load_kernel
from core.decoding.kv_cache import KVCache, read_tokens
from core.decoding.strategies import (
    Choose,
    Step,
    Strategy,
    choose_eagerly,
    generate,
    require_prompt,
    sampling_steps,
)
from core.decoding.weights import decode_weights
from core.gpt import DialogueGPT

LOGITS_BYTES = 256 * 2**20
CACHED_TEXTS = 8  # texts whose keys and values are kept: as many as people look at in turn


class ReadTokens(Protocol):
    """`read_tokens` with the model filled in: cache, ids (B, T) -> logits (B, V)."""

    def __call__(self, cache: KVCache, ids: Tensor) -> Tensor: ...


@dataclass(frozen=True, eq=False)
class Samples:
    """B texts drawn at once. ids: (B, T); log_probability: (B, T), log P of each token, nats."""

    ids: Tensor
    log_probability: Tensor


class DecodingEngine:
    """ids -> logits of the next token; a text that was read before is never read again.

    Two caches: the logits of every prefix, up to 256 MiB, and the keys and values of the texts read
    last. A longer text continues from its own keys and values, or from a copy of those with the
    longest common prefix. Beyond the context length N the last N tokens are read again, as
    `DialogueGPT.generate` does: there every token moves by one position, so nothing can be reused.
    Threads take turns. The model must be in eval mode.
    """

    def __init__(self, model: DialogueGPT, kernel: Kernel | None):
        """kernel: the compiled decoder of these weights; None for eager PyTorch."""
        self.weights = decode_weights(model)
        self.path = "compiled C++" if kernel else "eager PyTorch"
        self.weight_bits = kernel.bits if kernel else 8 * model.token_embed.weight.element_size()
        read = kernel or partial(read_tokens, model)
        self._begin(model, read, kernel.choose if kernel else choose_eagerly)

    def _begin(self, model: DialogueGPT, read: ReadTokens, choose: Choose) -> None:
        self.model, self.read, self.choose = model, read, choose
        self.runs = 0  # forward passes of the model
        self._logits: LRUCache[tuple[int, ...], Tensor] = LRUCache(LOGITS_BYTES, _bytes)
        self._caches: LRUCache[tuple[int, ...], KVCache] = LRUCache(CACHED_TEXTS)
        self._lock = threading.Lock()

    @classmethod
    def of(cls, model: DialogueGPT) -> "DecodingEngine":
        """With the compiled kernel for float32 on the CPU where one can be built."""
        embedding = model.token_embed.weight
        on_cpu = embedding.device.type == "cpu" and embedding.dtype == torch.float32
        library = load_kernel() if on_cpu else None
        return cls(model, None if library is None else Kernel(library, decode_weights(model)))

    def empty_cache(self) -> KVCache:
        """The cache of a text of which nothing was read."""
        return KVCache(self.model)

    def __call__(self, ids: Sequence[int]) -> Tensor:
        """ids: the text so far, start token first -> logits (V,)."""
        window = tuple(ids[-self.model.max_N :])
        with self._lock:
            if window not in self._logits:
                cache = self._continued_cache(window)
                self._logits[window] = self._read(cache, window[cache.length :])[0]
                self._caches[window] = cache
                self.runs += 1
            return self._logits[window]

    def generate(
        self,
        prompt: Sequence[int],
        strategy: Strategy,
        num_tokens: int,
        generator: torch.Generator,
        forced: Sequence[int] = (),
    ) -> Iterator[Step]:
        """`core.decoding.strategies.generate` with this engine."""
        return generate(self, prompt, strategy, num_tokens, generator, forced, self.choose)

    def draw(
        self,
        prompt: Sequence[int],
        strategy: Strategy,
        num_tokens: int,
        batch: int,
        generator: torch.Generator,
    ) -> Samples:
        """Continue one prompt in `batch` ways, all of them read in one call per step.

        The same seed gives the same texts bit for bit at the same batch size. The texts end at the
        model's context length, even if that is before num_tokens.
        Errors: ValueError for an empty prompt, and those of the strategy's filter.
        """
        require_prompt(prompt)
        read_prompt = self.empty_cache()
        first = self._read(read_prompt, prompt[-self.model.max_N :]).expand(batch, -1)
        cache = read_prompt.repeat(batch, read_prompt.length)

        def next_logits(tokens: Tensor | None) -> Tensor:
            return first if tokens is None else self.read(cache, tokens[:, None]).cpu()

        steps = sampling_steps(
            next_logits, strategy, min(num_tokens, cache.room + 1), generator, choose=self.choose
        )
        ids, log_probability = zip(*((s.tokens, s.log_probability) for s in steps), strict=True)
        return Samples(torch.stack(ids, 1), torch.stack(log_probability, 1))

    def _read(self, cache: KVCache, ids: Sequence[int]) -> Tensor:
        return self.read(cache, torch.tensor([list(ids)])).cpu()

    def _continued_cache(self, ids: tuple[int, ...]) -> KVCache:
        """A cache with as much of the text as was read before, except its last token."""
        prefix = ids[:-1]
        if prefix in self._caches:
            return self._caches.pop(prefix)
        lengths = {text: _common_prefix(text, prefix) for text in self._caches}
        nearest = max(lengths, key=lengths.__getitem__, default=None)
        if nearest is None:
            return self.empty_cache()
        return self._caches[nearest].repeat(1, lengths[nearest])


def _bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()


def _common_prefix(first: tuple[int, ...], other: tuple[int, ...]) -> int:
    """The number of tokens with which both texts begin."""
    pairs = enumerate(zip(first, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(first), len(other)))
