"""What comes after this text? Answered once for every text, with the fastest path at hand."""

import math
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from core.decoding.kernel import KernelChooser, KernelReader
from core.decoding.kernel_build import load_kernel
from core.decoding.kv_cache import KVCache, read_tokens
from core.decoding.strategies import Choose, Strategy, choose_eagerly, generate, rank_of
from core.decoding.weights import DecodeWeights, decode_weights
from core.gpt import DialogueGPT

REMEMBERED_BYTES = 256 * 2**20
AHEAD = 16  # tokens written by one call
TEXTS = 8  # whose keys and values are kept: as many as people look at in turn


class ReadTokens(Protocol):
    """`read_tokens` with the weights filled in: cache, ids (B, T) -> logits (B, V)."""

    def __call__(self, cache: KVCache, ids: Tensor) -> Tensor: ...


class EagerReader:
    """`core.decoding.kv_cache.read_tokens` for one set of weights, on any device."""

    def __init__(self, weights: DecodeWeights):
        self.weights = weights

    def __call__(self, cache: KVCache, ids: Tensor) -> Tensor:
        return read_tokens(self.weights, cache, ids.to(self.weights.tokens.device))


class Written(NamedTuple):
    """One token of a text and how it came to be chosen; the fields are those of `Step`."""

    token: int
    log_probability: float
    rank: int
    draw: float | None
    forced: bool

    @property
    def probability(self) -> float:
        """Of the token, for the model."""
        return math.exp(self.log_probability)


@dataclass(frozen=True, eq=False)
class Samples:
    """B texts drawn at once. ids: (B, T); log_probability: (B, T), log P of each token, nats."""

    ids: Tensor
    log_probability: Tensor


def fastest_reader(weights: DecodeWeights) -> ReadTokens:
    """The compiled path for float32 on the CPU where a compiler is at hand, else eager torch."""
    on_cpu = weights.tokens.device.type == "cpu" and weights.tokens.dtype == torch.float32
    library = load_kernel() if on_cpu else None
    return EagerReader(weights) if library is None else KernelReader(library, weights)


def fastest_chooser() -> Choose:
    """The compiled choice of tokens where a compiler is at hand, else eager torch."""
    library = load_kernel()
    return choose_eagerly if library is None else KernelChooser(library)


class PrefixReader:
    """ids -> logits of the next token; a text already seen is never read again.

    Two memories: the logits of every prefix read, of which the oldest go once they take 256 MiB,
    and the keys and values of the texts looked at last. A text goes on from its own, or from a
    copy of those with the longest common beginning. Past the model's window the last N tokens are
    read anew, as `DialogueGPT.generate` does: there every token moves one place, so nothing can be
    reused.
    One text at a time; several threads take turns.
    """

    def __init__(self, weights: DecodeWeights, read: ReadTokens | None = None):
        self.weights = weights
        self.read = fastest_reader(weights) if read is None else read
        self.choose = fastest_chooser() if read is None else choose_eagerly
        self.runs = 0  # how often the model was really run
        self._texts: OrderedDict[tuple[int, ...], KVCache] = OrderedDict()
        self._known: OrderedDict[tuple[int, ...], Tensor] = OrderedDict()
        self._room = max(1, REMEMBERED_BYTES // (4 * weights.vocab_size))
        self._lock = threading.Lock()

    @classmethod
    def of(cls, model: DialogueGPT) -> "PrefixReader":
        """A reader for any model of the family."""
        return cls(decode_weights(model))

    @property
    def path(self) -> str:
        """Which of the two ways computes, in words for the page."""
        return "compiled C++" if isinstance(self.read, KernelReader) else "eager PyTorch"

    @property
    def weight_bits(self) -> int:
        """How many bits an entry of a weight matrix takes in memory."""
        if isinstance(self.read, KernelReader):
            return self.read.bits
        return 8 * self.weights.tokens.element_size()

    def __call__(self, ids: Sequence[int]) -> Tensor:
        """ids: the text so far, start token first -> logits (V,)."""
        window = tuple(ids[-self.weights.window :])
        with self._lock:
            if window in self._known:
                return self._known[window]
            logits = self._run(window)
            self._remember(window, logits)
            return logits

    def write(
        self,
        prompt: Sequence[int],
        strategy: Strategy,
        num_tokens: int,
        generator: torch.Generator,
        forced: Sequence[int] = (),
    ) -> Iterator[Written]:
        """`core.decoding.generate` with this reader, the same text, several tokens a call.

        The generator is asked for the draws of a whole call at once.
        """
        ids, draws = tuple(prompt), torch.empty(0)
        end = len(ids) + num_tokens
        for step in generate(self, ids, strategy, min(num_tokens, len(forced)), generator, forced):
            yield Written(step.token, step.log_probability, step.rank, None, True)
            ids = (*ids, step.token)
        while len(ids) < end:
            more = torch.rand(min(end - len(ids), AHEAD) - len(draws), generator=generator)
            draws = torch.cat([draws, more])
            written = self._go_on(ids, strategy, draws)
            yield from written
            ids = (*ids, *(one.token for one in written))
            draws = draws[len(written) :]

    def draw(
        self,
        prompt: Sequence[int],
        strategy: Strategy,
        num_tokens: int,
        batch: int,
        generator: torch.Generator,
    ) -> Samples:
        """Continue one prompt in `batch` ways at once, each step of all of them one call.

        The same seed gives the same texts bit for bit at the same batch. The texts end where the
        model's window does, even if that is before num_tokens.
        Errors: ValueError for an empty prompt, and those of the strategy's filter.
        """
        if not prompt:
            raise ValueError("The prompt is empty; begin with the start token.")
        window = self.weights.window
        beginning = KVCache(self.weights)
        logits = self.read(beginning, torch.tensor([list(prompt[-window:])])).expand(batch, -1)
        cache = beginning.repeat(batch, beginning.length)
        ids: list[Tensor] = []
        log_probability: list[Tensor] = []
        for _ in range(min(num_tokens, cache.room + 1)):
            if ids:
                logits = self.read(cache, ids[-1][:, None])
            chance = torch.rand(batch, generator=generator)
            tokens, log_p = self.choose(strategy, logits.cpu(), chance)
            ids.append(tokens)
            log_probability.append(log_p)
        return Samples(torch.stack(ids, 1), torch.stack(log_probability, 1))

    def _go_on(self, ids: tuple[int, ...], strategy: Strategy, draws: Tensor) -> list[Written]:
        """The next tokens of a text, at most len(draws).

        One for a text that is known or longer than the window, or without the compiled path.
        """
        chances = draws.tolist() if strategy.draws else [None] * len(draws)
        room = self.weights.window + 1 - len(ids)  # for tokens that move no other
        if isinstance(self.read, KernelReader) and room > 0 and ids not in self._known:
            with self._lock:
                cache = self._begun(ids)
                unread = torch.tensor([ids[cache.length :]])
                logits, *found = self.read.write(cache, unread, strategy, draws[:room])
                tokens, log_p, ranks = (one.tolist() for one in found)
                text = (*ids, *tokens)
                for place, said in enumerate(logits, len(ids)):
                    self._remember(text[:place], said)
                self._keep(text[: cache.length], cache)
                self.runs += len(tokens)
            if tokens:
                told = zip(tokens, log_p, ranks, chances, strict=False)
                return [Written(*one, forced=False) for one in told]
        logits = self(ids)
        chosen, log_of_it = self.choose(strategy, logits[None], draws[:1])
        token = int(chosen)
        return [Written(token, float(log_of_it), rank_of(logits, token), chances[0], False)]

    def _run(self, ids: tuple[int, ...]) -> Tensor:
        cache = self._begun(ids)
        logits = self.read(cache, torch.tensor([ids[cache.length :]]))[0].cpu()
        self._keep(ids, cache)
        self.runs += 1
        return logits

    def _remember(self, ids: tuple[int, ...], logits: Tensor) -> None:
        self._known[ids] = logits
        if len(self._known) > self._room:
            self._known.popitem(last=False)  # with it, in time, all that were read in one call

    def _keep(self, ids: tuple[int, ...], cache: KVCache) -> None:
        self._texts[ids] = cache
        if len(self._texts) > TEXTS:
            self._texts.popitem(last=False)

    def _begun(self, ids: tuple[int, ...]) -> KVCache:
        """A cache with as much of the text as was read before, but for its last token."""
        before = ids[:-1]
        if before in self._texts:
            return self._texts.pop(before)
        length, nearest = max(((_common(t, before), t) for t in self._texts), default=(0, None))
        if nearest is None:
            return KVCache(self.weights)
        return self._texts[nearest].repeat(1, length)


def _common(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """How many tokens two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
