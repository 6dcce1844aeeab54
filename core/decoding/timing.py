"""Measures decoding on this machine, and checks that the cache changes nothing.

    python -m core.decoding.timing FILE.json [MODEL]      measure and write the report

Each effect is measured apart. The variants of `core.decoding.cost` run the same eager PyTorch; then
the same step with a cache runs as compiled code, with the weights as they are stored there. Times
are the computing time of one thread, the shortest of a few repeats: torch must use one thread, and
other programs on the machine disturb as little as possible.
"""

import copy
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import cast

import msgspec
import numpy as np
import torch
from torch import Tensor

from core.decoding.cost import ALL, CACHE, LAST
from core.decoding.engine import DecodingEngine, ReadTokens
from core.decoding.kv_cache import KVCache, read_tokens
from core.decoding.strategies import Greedy, Strategy, generate
from core.gpt import DialogueGPT, DialogueLoss
from core.models.zoo import ASSETS, find_model, load_model
from core.system.device import this_machine, use_threads

COMPILED = "cache, compiled code"
NEAR_TIE = 1e-4  # logits closer than this may be ordered either way in float32
SHIPPED = ASSETS / "measurements" / "decoding.json"
TOKENS, BATCH = 100, 16


@dataclass(frozen=True)
class TokenTiming:
    """Milliseconds for the token after a text of `length` tokens, by variant."""

    length: int
    ms: Mapping[str, float]


@dataclass(frozen=True)
class Passes:
    """Milliseconds a token, over the same T = `tokens` tokens, in eager PyTorch but for `engine`.

    training: a step of training on 16 texts. one_pass: reading one known text at once, with the
    logits of all positions. batch: 16 texts, token by token, in one loop. single: one text in the
    same loop. whole: the same without a cache, head on the last position. engine: `single` as the
    engine does it, in compiled code where there is a compiler.
    """

    tokens: int
    training: float
    one_pass: float
    batch: float
    single: float
    whole: float
    engine: float


@dataclass(frozen=True)
class Report:
    """A whole measurement. model: its name; digest: of its weights; bits: of a weight in the
    compiled code."""

    machine: str
    date: str
    model: str
    digest: str
    bits: int
    timings: list[TokenTiming]
    passes: Passes


@dataclass(frozen=True)
class Proof:
    """The same text, greedy, with and without the cache.

    ties: steps at which the two best logits lay within 1e-4.
    """

    tokens: int
    equal: bool
    largest_difference: float
    ties: int


def lengths(context_length: int, points: int = 8) -> list[int]:
    """Evenly spaced lengths of a text, up to the context length."""
    return sorted({max(2, round(context_length * i / points)) for i in range(1, points + 1)})


def time_tokens(
    model: DialogueGPT, engine: DecodingEngine, lengths: Sequence[int], repeats: int = 7
) -> Iterator[TokenTiming]:
    """One record for each length (at most the model's context length)."""
    ids = torch.arange(max(lengths))[None] % model.token_embed.num_embeddings
    for length in lengths:
        text = ids[:, :length]

        def head_on_all(text: Tensor = text) -> None:
            model(text)

        def head_on_last(text: Tensor = text) -> None:
            read_tokens(model, KVCache(model), text)

        work: dict[str, Callable[[], None]] = {ALL: head_on_all, LAST: head_on_last}
        work[CACHE] = _step(model, _eager(model), text)
        if engine.path != "eager PyTorch":
            work[COMPILED] = _step(model, engine.read, text)
        with torch.inference_mode():
            ms = {name: shortest_ms(one, repeats) for name, one in work.items()}
        yield TokenTiming(length, ms)


def time_passes(
    model: DialogueGPT, engine: DecodingEngine, tokens: int = TOKENS, repeats: int = 3
) -> Iterator[Passes | str]:
    """Yields the name of each measurement before it begins, and at the end the record."""
    tokens = min(tokens, model.max_N)
    texts = torch.arange(BATCH * tokens).view(BATCH, tokens) % model.token_embed.num_embeddings

    def loop(read: ReadTokens, texts: Tensor) -> Callable[[], None]:
        """T steps that wait for each other, on all texts at once."""

        def steps() -> None:
            cache = KVCache(model, len(texts))
            for t in range(tokens):
                read(cache, texts[:, t : t + 1])

        return steps

    def whole() -> None:
        for t in range(1, tokens + 1):
            read_tokens(model, KVCache(model), texts[:1, :t])

    eager, first_text = _eager(model), texts[:1]
    yield "Timing a step of training"
    training = shortest_ms(_training_step(model, texts), repeats) / texts.numel()
    with torch.inference_mode():
        yield "Reading a text in one pass"
        one_pass = shortest_ms(lambda: model(first_text), repeats) / tokens
        yield "Reading it token by token"
        single = shortest_ms(loop(eager, first_text), repeats) / tokens
        fast = shortest_ms(loop(engine.read, first_text), repeats) / tokens
        yield f"Reading {BATCH} texts token by token"
        batch = shortest_ms(loop(eager, texts), repeats) / texts.numel()
        yield "Generating without a cache"
        again = shortest_ms(whole, 1) / tokens
    yield Passes(tokens, training, one_pass, batch, single, again, fast)


def time_strategy(
    engine: DecodingEngine, prompt: Sequence[int], strategy: Strategy, tokens: int
) -> float:
    """Milliseconds a token to continue the prompt: the model's pass and the choice of the token."""

    def text() -> None:
        engine.draw(prompt, strategy, tokens, 1, torch.Generator().manual_seed(0))

    return shortest_ms(text, 3) / tokens


def slope(timings: Sequence[TokenTiming], variant: str) -> float:
    """Milliseconds by which a token gets slower for every 100 tokens of text: least squares."""
    x, y = [t.length for t in timings], [t.ms[variant] for t in timings]
    return 100 * float(np.polyfit(x, y, 1)[0])


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


def read_report(path: Path = SHIPPED) -> Report:
    """A measurement written by `python -m core.decoding.timing`."""
    return msgspec.json.decode(path.read_bytes(), type=Report)


def shortest_ms(work: Callable[[], object], repeats: int) -> float:
    """Shortest computing time of `work`, in this thread, after one run that does not count."""
    work()
    seconds = []
    for _ in range(repeats):
        start = time.thread_time()
        work()
        seconds.append(time.thread_time() - start)
    return 1e3 * min(seconds)


def _eager(model: DialogueGPT) -> ReadTokens:
    return lambda cache, ids: read_tokens(model, cache, ids)


def _step(model: DialogueGPT, read: ReadTokens, text: Tensor) -> Callable[[], None]:
    """Reads the last token of the text; all others are in the cache."""
    cache = KVCache(model)
    read(cache, text[:, :-1])

    def step() -> None:
        cache.truncate(text.shape[1] - 1)
        read(cache, text[:, -1:])

    return step


def _training_step(model: DialogueGPT, texts: Tensor) -> Callable[[], None]:
    learner = copy.deepcopy(model).train()
    optimizer = torch.optim.AdamW(learner.parameters())

    def train() -> None:
        loss = DialogueLoss()(learner(texts)[0], texts, torch.ones_like(texts))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return train


def main(path: Path, name: str = "gpt-shakespeare") -> None:
    use_threads(1)
    entry = find_model(name)
    model = cast(DialogueGPT, load_model(entry).model)
    engine = DecodingEngine.of(model)
    timings = []
    for timing in time_tokens(model, engine, lengths(model.max_N), repeats=100):
        print(timing)
        timings.append(timing)
    *_, passes = time_passes(model, engine, repeats=10)
    print(passes)
    assert isinstance(passes, Passes)
    report = Report(
        this_machine(),
        date.today().isoformat(),
        name,
        entry.digest,
        engine.weight_bits,
        timings,
        passes,
    )
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3])
