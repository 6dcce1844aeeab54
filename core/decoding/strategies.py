"""From logits to text: strategies and the loop that appends one token at a time.

Letters   V vocabulary · l logits · t temperature · p nucleus mass · k tokens kept · T tokens

A strategy is a filter over the last axis (what may be drawn, and how probable it is) and a draw,
both in core/decoding/filters.py. The order is temperature first, then the cut: the mass p is
measured on the distribution that temperature made, so a hot nucleus holds more tokens than a cold
one.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor

from core.decoding.filters import (
    distribution as distribution,
    nucleus as nucleus,
    require_no_nan,
    sample as sample,
    temperature as temperature,
    token_at as token_at,
    top_k as top_k,
)

NextLogits = Callable[[tuple[int, ...]], Tensor]  # the ids read so far -> logits (V,)


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """How the next token is chosen: temperature t first, then a cut, then a draw."""

    t: float = 1.0
    draws: ClassVar[bool] = True

    def filter(self, logits: Tensor) -> Tensor:
        """logits: (..., V) -> (..., V) at temperature t, with what may not be chosen at -inf."""
        return temperature(logits, self.t)

    def choose(self, logits: Tensor, draws: Tensor) -> Tensor:
        """logits: (B, V) unfiltered, draws: (B,) in [0, 1) -> ids (B,)."""
        return token_at(self.filter(logits), draws)


@dataclass(frozen=True, kw_only=True)
class Greedy(Strategy):
    """Always the most probable token; t and the random number change nothing."""

    draws: ClassVar[bool] = False

    def filter(self, logits: Tensor) -> Tensor:
        """All but the largest logit of each row become -inf."""
        require_no_nan(logits)
        best = logits.argmax(-1, keepdim=True)
        return torch.full_like(logits, -torch.inf).scatter(-1, best, logits.gather(-1, best))

    def choose(self, logits: Tensor, draws: Tensor) -> Tensor:
        """The largest logit of each row."""
        return logits.argmax(-1)


@dataclass(frozen=True, kw_only=True)
class Temperature(Strategy):
    """Draw from softmax(l / t), the whole vocabulary."""


@dataclass(frozen=True, kw_only=True)
class TopK(Strategy):
    """Draw from the k most probable tokens."""

    k: int = 40

    def filter(self, logits: Tensor) -> Tensor:
        """Temperature, then the cut to k tokens."""
        return top_k(super().filter(logits), self.k)


@dataclass(frozen=True, kw_only=True)
class Nucleus(Strategy):
    """Draw from the smallest set of tokens that holds the mass p."""

    p: float = 0.9

    def filter(self, logits: Tensor) -> Tensor:
        """Temperature, then the cut to the mass p."""
        return nucleus(super().filter(logits), self.p)


@dataclass(frozen=True, eq=False)
class Step:
    """One token of a generated text, and everything its choice was made from."""

    ids: tuple[int, ...]  # the text the model had read
    logits: Tensor  # (V,), before any filter
    strategy: Strategy
    token: int
    log_probability: float  # log P of the token in softmax(l), in nats
    draw: float | None  # the number in [0, 1) that chose it; None if nothing was drawn
    forced: bool  # a person chose it

    @cached_property
    def distribution(self) -> Tensor:
        """(V,): the model's own, softmax(l), float64."""
        return distribution(self.logits)

    @cached_property
    def filtered(self) -> Tensor:
        """(V,): the logits after temperature and cuts."""
        return self.strategy.filter(self.logits)

    @cached_property
    def left(self) -> Tensor:
        """(V,): the distribution after temperature and cuts, float64."""
        return distribution(self.filtered)

    @cached_property
    def order(self) -> Tensor:
        """(V,): all tokens, the model's most probable first; of equals the lower id."""
        return self.distribution.argsort(descending=True, stable=True)

    @property
    def probability(self) -> float:
        """Of the token after the strategy's cut; 0 for a forced token that was cut."""
        return float(self.left[self.token])

    @cached_property
    def rank(self) -> int:
        """The token's rank in the model's own distribution."""
        return rank_of(self.logits, self.token)

    @cached_property
    def entropy(self) -> float:
        """-Σ P log P of the model's own distribution, in nats."""
        return float(torch.special.entr(self.distribution).sum())

    @cached_property
    def candidates(self) -> int:
        """How many tokens the filter leaves to draw from."""
        return int((self.filtered > -torch.inf).sum())


def rank_of(logits: Tensor, token: int) -> int:
    """1 for the most probable token of logits (V,); of equals the lower id comes first."""
    row = logits.numpy(force=True)
    own = row[token]
    return 1 + int(np.count_nonzero(row > own)) + int(np.count_nonzero(row[:token] == own))


Choose = Callable[[Strategy, Tensor, Tensor], tuple[Tensor, Tensor]]


def choose_eagerly(strategy: Strategy, logits: Tensor, draws: Tensor) -> tuple[Tensor, Tensor]:
    """logits: (B, V), draws: (B,) -> ids (B,), and log P (B,) of each in softmax(l), in nats."""
    ids = strategy.choose(logits, draws)
    return ids, logits.log_softmax(-1).gather(-1, ids[:, None])[:, 0]


class SamplingStep(NamedTuple):
    """One step of B texts. logits: (B, V); draws, tokens, log_probability (nats): (B,)."""

    logits: Tensor
    draws: Tensor
    tokens: Tensor
    log_probability: Tensor


def sampling_steps(
    next_logits: Callable[[Tensor | None], Tensor],
    strategy: Strategy,
    num_tokens: int,
    generator: torch.Generator,
    forced: Sequence[int] = (),
    choose: Choose = choose_eagerly,
) -> Iterator[SamplingStep]:
    """The sampling loop: logits, random numbers, tokens, num_tokens times, for B texts at once.

    next_logits: the tokens (B,) of the step before, None at first -> logits (B, V). The first
    tokens are those of `forced`. Every step takes B random numbers, whether it needs them or not.
    Errors: those of the strategy's filter.
    """
    tokens = None
    for i in range(num_tokens):
        logits = next_logits(tokens)
        draws = torch.rand(len(logits), generator=generator)
        if i < len(forced):
            tokens = torch.full((len(logits),), forced[i])
            log_p = logits.log_softmax(-1)[:, forced[i]]
        else:
            tokens, log_p = choose(strategy, logits, draws)
        yield SamplingStep(logits, draws, tokens, log_p)


def require_prompt(prompt: Sequence[int]) -> None:
    """Errors: ValueError for an empty prompt."""
    if not prompt:
        raise ValueError("The prompt is empty; begin with the start token.")


def generate(
    next_logits: NextLogits,
    prompt: Sequence[int],
    strategy: Strategy,
    num_tokens: int,
    generator: torch.Generator,
    forced: Sequence[int] = (),
    choose: Choose = choose_eagerly,
) -> Iterator[Step]:
    """Append num_tokens tokens to the prompt, one frozen record each.

    `forced` are the first tokens of the continuation, taken as they are: a branch. Step i uses the
    same random number under every strategy and in every branch.
    Errors: ValueError for an empty prompt, and those of the strategy's filter.
    """
    require_prompt(prompt)
    ids = tuple(prompt)

    def read(tokens: Tensor | None) -> Tensor:
        nonlocal ids
        ids = ids if tokens is None else (*ids, int(tokens))
        return next_logits(ids)[None]

    steps = sampling_steps(read, strategy, num_tokens, generator, forced, choose)
    for i, (logits, draws, tokens, log_p) in enumerate(steps):
        by_hand = i < len(forced)
        draw = float(draws) if strategy.draws and not by_hand else None
        yield Step(ids, logits[0], strategy, int(tokens), float(log_p), draw, by_hand)
