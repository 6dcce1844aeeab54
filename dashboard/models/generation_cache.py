"""What models wrote, made once for everybody who asks for the same."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.decoding.engine import PrefixReader, Written
    from core.decoding.strategies import Step, Strategy

Ids = tuple[int, ...]

KEPT = 512  # texts of a model, some KB each


@dataclass(frozen=True)
class Text:
    """A continuation of a prompt; `step` tells everything about one token of it."""

    growing: _Growing
    written: tuple[Written, ...]

    @property
    def tokens(self) -> Ids:
        return tuple(one.token for one in self.written)

    def step(self, place: int) -> Step:
        """The step that chose token `place`, counted from 0, logits included."""
        return _step(self.growing, place)


class Texts:
    """What one model wrote."""

    def __init__(self, reader: PrefixReader):
        self.reader = reader
        self._kept: OrderedDict[tuple[object, ...], _Growing] = OrderedDict()
        self._turn = Lock()

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
        chance = seed if strategy.draws and not beam else 0  # else every seed gives the same
        asked = (tuple(prompt), strategy, chance, forced, beam)
        with self._turn:
            growing = self._kept.pop(asked, None) or _Growing(self.reader, *asked)
            self._kept[asked] = growing
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return Text(growing, growing.first(num_tokens))


class _Growing:
    """A text written as far as anybody has asked for; a longer one goes on from its end.

    beam: the width of a beam search and its length, which choose the tokens after the forced ones.
    """

    def __init__(
        self,
        reader: PrefixReader,
        prompt: Ids,
        strategy: Strategy,
        seed: int,
        forced: Ids,
        beam: tuple[int, int] | None,
    ):
        self.reader, self.prompt, self.strategy = reader, prompt, strategy
        self._seed, self._by_hand, self._beam = seed, len(forced), beam
        self._given = forced
        self._turn = Lock()
        self._begin()

    def _begin(self) -> None:
        import torch

        self._chance = torch.Generator().manual_seed(self._seed)
        self._written: list[Written] = []

    def first(self, count: int) -> tuple[Written, ...]:
        """Its first `count` tokens."""
        with self._turn:
            if self._beam and len(self._given) == self._by_hand:
                self._given = (*self._given, *self._best(*self._beam))
            done = len(self._written)
            ids = (*self.prompt, *(one.token for one in self._written))
            given = self._given[done:]
            try:
                more = self.reader.write(ids, self.strategy, count - done, self._chance, given)
                for place, one in enumerate(more, done):  # those of a beam are given too
                    self._written.append(one._replace(forced=place < self._by_hand))
            except BaseException:  # some of its chance is used up
                self._begin()
                raise
            return tuple(self._written[:count])

    def _best(self, width: int, num_tokens: int) -> Ids:
        """The tokens of the best beam."""
        from core.decoding.beam import beam_search

        tokens: Ids = ()
        for beams in beam_search(self.reader, (*self.prompt, *self._given), width, num_tokens):
            tokens = beams[0].tokens
        return tokens


@lru_cache(maxsize=64)  # some 500 KB each
def _step(growing: _Growing, place: int) -> Step:
    from core.decoding.strategies import Step

    *before, one = growing.first(place + 1)
    ids = (*growing.prompt, *(earlier.token for earlier in before))
    logits = growing.reader(ids).clone()  # alone, without those that were read with it
    return Step(ids, logits, growing.strategy, one.token, one.log_probability, one.draw, one.forced)
