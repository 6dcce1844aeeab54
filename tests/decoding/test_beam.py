"""Beam search finds what exhaustive search finds when it is wide enough."""

from itertools import product

import pytest
import torch
from torch import Tensor

from core.decoding.beam import beam_search
from core.decoding.strategies import Greedy, generate


def logits(ids: tuple[int, ...]) -> Tensor:
    seed = 1 + sum((i + 1) * 7**n for n, i in enumerate(ids[-3:]))
    return 2 * torch.randn(5, generator=torch.Generator().manual_seed(seed))


def score(tokens: tuple[int, ...]) -> float:
    ids, total = (0,), 0.0
    for token in tokens:
        total += float(logits(ids).double().log_softmax(-1)[token])
        ids = (*ids, token)
    return total


def test_a_wide_beam_is_exhaustive_search() -> None:
    *_, beams = beam_search(logits, [0], width=125, num_tokens=4)
    best = max(product(range(5), repeat=4), key=score)
    assert beams[0].tokens == best
    assert beams[0].score == pytest.approx(score(best))
    assert [b.score for b in beams] == sorted((b.score for b in beams), reverse=True)


def test_width_one_is_greedy_and_wider_is_never_less_probable_here() -> None:
    *_, narrow = beam_search(logits, [0], width=1, num_tokens=8)
    greedy = [s.token for s in generate(logits, [0], Greedy(), 8, torch.Generator())]
    assert list(narrow[0].tokens) == greedy
    *_, wide = beam_search(logits, [0], width=16, num_tokens=8)
    assert wide[0].score >= narrow[0].score


def test_bad_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="width of at least 1, not 0"):
        next(beam_search(logits, [0], 0, 1))
    with pytest.raises(ValueError, match="prompt is empty"):
        next(beam_search(logits, [], 2, 1))
