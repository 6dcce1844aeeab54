"""What models wrote, made once for everybody who asks for the same."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from core.decoding import Step, Strategy
    from core.reader import PrefixReader

Ids = tuple[int, ...]


@dataclass(frozen=True)
class Written:
    """How one token came to be chosen; the fields are those of `core.decoding.Step`."""

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
class Text:
    """A continuation of `prompt`; `step` tells everything about one token of it."""

    reader: PrefixReader
    prompt: Ids
    strategy: Strategy
    written: tuple[Written, ...]

    @property
    def tokens(self) -> Ids:
        return tuple(one.token for one in self.written)

    def step(self, place: int) -> Step:
        """The step that chose token `place`, counted from 0, logits included."""
        from core.decoding import Step

        one, ids = self.written[place], (*self.prompt, *self.tokens[:place])
        logits = self.reader(ids)
        return Step(
            ids, logits, self.strategy, one.token, one.log_probability, one.draw, one.forced
        )


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
    asked = (who, tuple(prompt), repr(strategy), num_tokens, chance, forced[:num_tokens], width)
    return Text(reader, tuple(prompt), strategy, _written(asked, reader, strategy))


@st.cache_resource(max_entries=1024, show_spinner=False)  # some KB each
def _written(
    asked: tuple[str, Ids, str, int, int, Ids, int], _reader: PrefixReader, _strategy: Strategy
) -> tuple[Written, ...]:
    import torch

    from core.decoding import generate, rank

    _, prompt, _, num_tokens, seed, forced, width = asked
    if width:
        forced = (*forced, *_beam(_reader, (*prompt, *forced), width, num_tokens - len(forced)))
    chance = torch.Generator().manual_seed(seed)
    steps = list(generate(_reader, prompt, _strategy, num_tokens, chance, forced, _reader.choose))
    tokens = torch.tensor([step.token for step in steps])
    ranks = rank(torch.stack([step.logits for step in steps]), tokens).tolist()
    by_hand = len(asked[5])
    return tuple(
        Written(step.token, step.log_probability, ranks[place], step.draw, place < by_hand)
        for place, step in enumerate(steps)
    )


def _beam(reader: PrefixReader, beginning: Ids, width: int, num_tokens: int) -> Ids:
    """The tokens of the best beam."""
    from core.beam import beam_search

    tokens: Ids = ()
    for beams in beam_search(reader, beginning, width, num_tokens):
        tokens = beams[0].tokens
    return tokens
