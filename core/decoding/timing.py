"""Measures decoding on this machine, and checks that the cache changes nothing.

Times are wall time, the median of a few repeats.
"""

import copy
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor

from core.decoding.engine import DecodingEngine
from core.decoding.kv_cache import KVCache
from core.decoding.strategies import Greedy, generate
from core.gpt import DialogueGPT, DialogueLoss

NEAR_TIE = 1e-4  # logits closer than this may be ordered either way in float32


@dataclass(frozen=True)
class TokenTiming:
    """Milliseconds for the token after a text of `length` tokens."""

    length: int
    cached: float
    uncached: float


@dataclass(frozen=True)
class Proof:
    """The same text, greedy, with and without the cache.

    ties: steps at which the two best logits lay within 1e-4.
    """

    tokens: int
    equal: bool
    largest_difference: float
    ties: int


@dataclass(frozen=True)
class Speeds:
    """Tokens a second. The first two run the model's modules, the last two use the cache.

    training: one step. uncached: generating, everything computed again for every token.
    prefill: reading a prompt at once. generation: token by token. tokens: how many, each time.
    """

    tokens: int
    training: float
    uncached: float
    prefill: float
    generation: float


def time_tokens(
    model: DialogueGPT, engine: DecodingEngine, lengths: Sequence[int], repeats: int = 3
) -> Iterator[TokenTiming]:
    """One record for each length (at most the model's window), with and without the cache."""
    ids = torch.arange(max(lengths))[None] % model.token_embed.num_embeddings
    cache = KVCache(model)
    engine.read(cache, ids)
    for length in lengths:

        def cached(length: int = length) -> None:
            cache.truncate(length - 1)
            engine.read(cache, ids[:, length - 1 : length])

        def uncached(length: int = length) -> None:
            with torch.inference_mode():
                model(ids[:, :length])

        cache.length = length
        yield TokenTiming(length, 1e3 * _median(cached, repeats), 1e3 * _median(uncached, repeats))


def line(lengths: Sequence[int], milliseconds: Sequence[float]) -> tuple[float, float]:
    """The least-squares line through the measured points: slope (ms a token), intercept (ms)."""
    slope, intercept = np.polyfit(lengths, milliseconds, 1)
    return float(slope), float(intercept)


@torch.inference_mode()
def prove(
    model: DialogueGPT, engine: DecodingEngine, prompt: Sequence[int], num_tokens: int
) -> Proof:
    """Generate greedily both ways, within the context length, and compare ids and logits."""
    num_tokens = min(num_tokens, model.max_N - len(prompt) + 1)

    def uncached(ids: Sequence[int]) -> Tensor:
        return cast(Tensor, model(torch.tensor([list(ids)]))[0][0, -1])

    largest, ties, equal = 0.0, 0, True
    ways = (
        generate(w, prompt, Greedy(), num_tokens, torch.Generator()) for w in (engine, uncached)
    )
    for cached, textbook in zip(*ways, strict=True):
        best = textbook.logits.topk(2).values
        ties += int(best[0] - best[1] < NEAR_TIE)
        largest = max(largest, float((cached.logits - textbook.logits).abs().max()))
        equal = equal and cached.token == textbook.token
    return Proof(num_tokens, equal, largest, ties)


def measure_speeds(model: DialogueGPT, engine: DecodingEngine, batch: int = 8) -> Speeds:
    """Training, reading and generating: the same model, this machine, the same threads."""
    tokens = min(64, model.max_N)
    ids = torch.arange(batch * tokens).view(batch, tokens) % model.token_embed.num_embeddings
    learner = copy.deepcopy(model).train()
    optimizer = torch.optim.AdamW(learner.parameters())

    def train() -> None:
        loss = DialogueLoss()(learner(ids)[0], ids, torch.ones_like(ids))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    @torch.inference_mode()
    def recompute() -> None:
        model.generate(ids[:1, :1], tokens)

    cache = KVCache(model)

    def prefill() -> None:
        cache.truncate(0)
        engine.read(cache, ids[:1])

    def generation() -> None:
        engine.draw([0], Greedy(), tokens, 1, torch.Generator())

    return Speeds(
        tokens=tokens,
        training=batch * tokens / _median(train, 3),
        uncached=tokens / _median(recompute, 1),
        prefill=tokens / _median(prefill, 5),
        generation=tokens / _median(generation, 3),
    )


def _median(work: Callable[[], None], repeats: int) -> float:
    """Median seconds of `work`, after one run that does not count."""
    work()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)
