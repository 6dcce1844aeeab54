"""What models wrote, made once for everybody who asks for the same."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from core.decoding import Step, Strategy
    from core.reader import PrefixReader, Written

Ids = tuple[int, ...]


@dataclass(frozen=True, eq=False)
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


def text(
    who: str,
    reader: PrefixReader,
    prompt: Ids,
    strategy: Strategy,
    num_tokens: int,
    *,
    seed: int = 0,
    forced: Ids = (),
    width: int = 0,
) -> Text:
    """The text of a strategy, or of a beam of that width. who: the hash of the reader's weights."""
    chance = seed if strategy.draws else 0  # without a draw every seed gives the same text
    by_hand = len(forced)
    if width:
        forced = (*forced, *_beam(who, (*prompt, *forced), width, num_tokens - by_hand, reader))
    asked = (who, tuple(prompt), repr(strategy), chance, forced, by_hand)
    growing = _growing(asked, reader, strategy)
    return Text(growing, growing.first(num_tokens))


class _Growing:
    """A text written as far as anybody has asked for; a longer one goes on from its end."""

    def __init__(
        self,
        reader: PrefixReader,
        prompt: Ids,
        strategy: Strategy,
        seed: int,
        forced: Ids,
        by_hand: int,
    ):
        self.reader, self.prompt, self.strategy = reader, prompt, strategy
        self._seed, self._forced, self._by_hand = seed, forced, by_hand
        self._turn = Lock()
        self._begin()

    def _begin(self) -> None:
        import torch

        self._chance = torch.Generator().manual_seed(self._seed)
        self._written: list[Written] = []

    def first(self, count: int) -> tuple[Written, ...]:
        """Its first `count` tokens."""
        with self._turn:
            done = len(self._written)
            ids = (*self.prompt, *(one.token for one in self._written))
            forced = self._forced[done:]
            try:
                more = self.reader.write(ids, self.strategy, count - done, self._chance, forced)
                for place, one in enumerate(more, done):  # those of a beam are forced too
                    self._written.append(one._replace(forced=place < self._by_hand))
            except BaseException:  # some of its chance is used up
                self._begin()
                raise
            return tuple(self._written[:count])


@st.cache_resource(max_entries=1024, show_spinner=False)  # some KB each
def _growing(
    asked: tuple[str, Ids, str, int, Ids, int], _reader: PrefixReader, _strategy: Strategy
) -> _Growing:
    _, prompt, _, seed, forced, by_hand = asked
    return _Growing(_reader, prompt, _strategy, seed, forced, by_hand)


@lru_cache(maxsize=64)  # some 200 KB each
def _step(growing: _Growing, place: int) -> Step:
    from core.decoding import Step

    *before, one = growing.first(place + 1)
    ids = (*growing.prompt, *(earlier.token for earlier in before))
    logits = growing.reader(ids)
    return Step(ids, logits, growing.strategy, one.token, one.log_probability, one.draw, one.forced)


@st.cache_data(max_entries=256, show_spinner=False)
def _beam(who: str, beginning: Ids, width: int, num_tokens: int, _reader: PrefixReader) -> Ids:
    """The tokens of the best beam."""
    from core.beam import beam_search

    tokens: Ids = ()
    for beams in beam_search(_reader, beginning, width, num_tokens):
        tokens = beams[0].tokens
    return tokens
