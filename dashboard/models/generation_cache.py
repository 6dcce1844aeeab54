"""Generated texts, computed once for everybody who asks for the same."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple
from weakref import ref

from cachetools import LRUCache

if TYPE_CHECKING:
    from torch import Tensor

    from core.decoding.engine import DecodingEngine
    from core.decoding.strategies import Step, Strategy

Ids = tuple[int, ...]

MAX_TEXTS = 512  # texts of a model, some KB each


class GeneratedToken(NamedTuple):
    """A token of a text, without the logits it was chosen from; the fields are those of `Step`."""

    token: int
    log_probability: float
    rank: int
    draw: float | None
    forced: bool

    @property
    def probability(self) -> float:
        """Of the token in the model's own distribution."""
        return math.exp(self.log_probability)


@dataclass(frozen=True)
class Text:
    """A continuation of a prompt; `step` gives everything about one token of it."""

    source: _GrowingText
    generated: tuple[GeneratedToken, ...]

    @property
    def tokens(self) -> Ids:
        return tuple(token.token for token in self.generated)

    def logits(self, index: int) -> Tensor:
        """(V,): what token `index`, counted from 0, was chosen from, before any filter."""
        return self.source.engine((*self.source.prompt, *self.tokens[:index]))

    def step(self, index: int) -> Step:
        """The step that chose token `index`, counted from 0, logits included."""
        return _step(self.source, index)


class GenerationCache:
    """The texts of one model that were asked for last."""

    def __init__(self, engine: DecodingEngine):
        self.engine = engine
        self._texts: LRUCache[tuple[object, ...], _GrowingText] = LRUCache(MAX_TEXTS)
        self._lock = Lock()

    def text(
        self,
        prompt: Ids,
        strategy: Strategy,
        num_tokens: int,
        *,
        seed: int = 0,
        forced: Ids = (),
        width: int = 0,
    ) -> Text:
        """The text of a strategy, or of a beam of that width."""
        beam = (width, num_tokens - len(forced)) if width else None
        seed = seed if strategy.draws and not beam else 0  # else every seed gives the same text
        request = (tuple(prompt), strategy, seed, forced, beam)
        with self._lock:
            if request not in self._texts:
                self._texts[request] = _GrowingText(self.engine, *request)
            source = self._texts[request]
        return Text(source, source.first(num_tokens))


class _GrowingText:
    """A text as long as anybody has asked for; a longer one continues from its end.

    It does not keep the engine alive, nor its model, once the model was evicted.
    beam: the width of a beam search and its length, which choose the tokens after the forced ones.
    """

    def __init__(
        self,
        engine: DecodingEngine,
        prompt: Ids,
        strategy: Strategy,
        seed: int,
        forced: Ids,
        beam: tuple[int, int] | None,
    ):
        self._engine, self.prompt, self.strategy = ref(engine), prompt, strategy
        self._seed, self._forced, self._beam = seed, forced, beam
        self._given = forced if beam is None else None  # tokens that the strategy does not choose
        self._lock = Lock()
        self._restart()

    @property
    def engine(self) -> DecodingEngine:
        """Errors: ValueError when its model was evicted."""
        engine = self._engine()
        if engine is None:
            raise ValueError(
                "This model was removed from memory to make room for another: reload the page."
            )
        return engine

    def _restart(self) -> None:
        import torch

        self._generator = torch.Generator().manual_seed(self._seed)
        self._generated: list[GeneratedToken] = []

    def first(self, count: int) -> tuple[GeneratedToken, ...]:
        """Its first `count` tokens."""
        with self._lock:
            if self._given is None and self._beam is not None:
                self._given = (*self._forced, *self._best(*self._beam))
            done = len(self._generated)
            ids = (*self.prompt, *(token.token for token in self._generated))
            given = (self._given or ())[done:]
            try:
                for step in self.engine.generate(
                    ids, self.strategy, count - done, self._generator, given
                ):
                    forced = len(self._generated) < len(self._forced)
                    self._generated.append(
                        GeneratedToken(
                            step.token, step.log_probability, step.rank, step.draw, forced
                        )
                    )
            except BaseException:  # the generator is ahead of the text
                self._restart()
                raise
            return tuple(self._generated[:count])

    def _best(self, width: int, num_tokens: int) -> Ids:
        """The tokens of the best beam."""
        from core.decoding.beam import beam_search

        tokens: Ids = ()
        for beams in beam_search(self.engine, (*self.prompt, *self._forced), width, num_tokens):
            tokens = beams[0].tokens
        return tokens


@lru_cache(maxsize=64)  # some 500 KB each
def _step(source: _GrowingText, index: int) -> Step:
    from core.decoding.strategies import Step

    *before, token = source.first(index + 1)
    ids = (*source.prompt, *(earlier.token for earlier in before))
    return Step(
        ids, source.engine(ids), source.strategy, token.token, token.log_probability, token.draw,
        token.forced,
    )  # fmt: skip
