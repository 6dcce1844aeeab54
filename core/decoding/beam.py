"""Beam search: not the best next token, but a good whole text, by its probability.

    score(x_1 … x_T) = Σ_t log P(x_t | x_1 … x_{t-1})

Keeps the `width` best prefixes; each step tries every token after each of them.
Source: Graves 2012, "Sequence Transduction with Recurrent Neural Networks", section 2.5; that the
most probable text is dull and repeats itself: Holtzman et al. 2020, section 4.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from core.decoding.strategies import NextLogits, require_prompt


@dataclass(frozen=True)
class Beam:
    """A prefix and its score, Σ log P of its tokens in nats."""

    tokens: tuple[int, ...]
    score: float


def beam_search(
    next_logits: NextLogits, prompt: Sequence[int], width: int, num_tokens: int
) -> Iterator[tuple[Beam, ...]]:
    """After every step the beams, best first; the last ones have num_tokens tokens.

    Width 1 is greedy. All texts have the same length, so that scores compare.
    Errors: ValueError for a width below 1 or an empty prompt.
    """
    if width < 1:
        raise ValueError(f"Beam search needs a width of at least 1, not {width!r}.")
    require_prompt(prompt)
    beams: tuple[Beam, ...] = (Beam((), 0.0),)
    for _ in range(num_tokens):
        candidates = []
        for beam in beams:
            log_p = next_logits((*prompt, *beam.tokens)).double().log_softmax(-1)
            best = torch.topk(log_p, min(width, len(log_p)))
            for token, value in zip(best.indices.tolist(), best.values.tolist(), strict=True):
                candidates.append(Beam((*beam.tokens, token), beam.score + value))
        beams = tuple(sorted(candidates, key=lambda beam: -beam.score)[:width])
        yield beams
