"""Measures decoding on this machine, and proves that the cache changes nothing.

Times are wall time of this process while it measures, the median of a few repeats.
"""

import copy
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from core.decoding.engine import PrefixReader
from core.decoding.kv_cache import KVCache
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
    """Tokens a second. The first two run the model's modules, the last two read with the cache.

    training: one step. uncached: generating, everything computed again for every token.
    prefill: reading a prompt at once. generation: token by token. tokens: how many, each time.
    """

    tokens: int
    training: float
    uncached: float
    prefill: float
    generation: float


def time_tokens(
    model: DialogueGPT, reader: PrefixReader, lengths: Sequence[int], repeats: int = 3
) -> Iterator[TokenTiming]:
    """One record for each length (at most the model's window), with and without the cache."""
    ids = torch.arange(max(lengths))[None] % reader.weights.vocab_size
    cache = KVCache(reader.weights)
    reader.read(cache, ids)
    for length in lengths:

        def cached(length: int = length) -> None:
            cache.truncate(length - 1)
            reader.read(cache, ids[:, length - 1 : length])

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
    model: DialogueGPT, reader: PrefixReader, prompt: Sequence[int], num_tokens: int
) -> Proof:
    """Generate greedily both ways and compare ids and logits of every step."""
    cache = KVCache(reader.weights)
    ids = torch.tensor([list(prompt)])
    cached_ids = ids
    new, largest, ties = ids, 0.0, 0
    for _ in range(min(num_tokens, cache.room - len(prompt) + 1)):
        logits = reader.read(cache, new)
        textbook = model(ids)[0][:, -1]
        best = textbook[0].topk(2).values
        ties += int(best[0] - best[1] < NEAR_TIE)
        largest = max(largest, float((logits - textbook).abs().max()))
        new = logits.argmax(-1, keepdim=True)
        cached_ids = torch.cat([cached_ids, new], 1)
        ids = torch.cat([ids, textbook.argmax(-1, keepdim=True)], 1)
    made = ids.shape[1] - len(prompt)
    return Proof(made, torch.equal(ids, cached_ids), largest, ties)


def measure_speeds(model: DialogueGPT, reader: PrefixReader, batch: int = 8) -> Speeds:
    """Training, reading and generating: the same model, this machine, the same threads."""
    tokens = min(64, reader.weights.window)
    ids = torch.arange(batch * tokens).view(batch, tokens) % reader.weights.vocab_size
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

    cache = KVCache(reader.weights)

    def prefill() -> None:
        cache.truncate(0)
        reader.read(cache, ids[:1])

    def generate() -> None:
        cache.truncate(0)
        new = ids[:1, :1]
        for _ in range(tokens):
            new = reader.read(cache, new).argmax(-1, keepdim=True)

    return Speeds(
        tokens=tokens,
        training=batch * tokens / _median(train, 3),
        uncached=tokens / _median(recompute, 1),
        prefill=tokens / _median(prefill, 5),
        generation=tokens / _median(generate, 3),
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
