"""From probabilities to a loss: what the formulas promise, and a model's own probabilities."""

import math

import numpy as np
import pytest
import torch

from core.decoding.likelihood import bits, mean_loss, perplexity, token_probabilities
from core.gpt import DialogueGPT, DialogueLoss
from core.study.measure.store import measure


def test_equally_probable_words_have_their_number_as_perplexity() -> None:
    assert perplexity([1 / 20] * 7) == pytest.approx(20)
    assert perplexity([0.5, 0.005]) == pytest.approx(20)  # not 1 / 0.2525
    assert bits(mean_loss([0.25])) == pytest.approx(2)
    assert mean_loss([1.0, 1.0]) == 0
    assert mean_loss([0.5, 0.0]) == math.inf


def test_one_rarer_word_costs_the_same_wherever_it_stands() -> None:
    p = np.linspace(0.1, 0.9, 13)
    for t in range(13):
        less = p / np.where(np.arange(13) == t, 100, 1)
        assert perplexity(less) / perplexity(p) == pytest.approx(100 ** (1 / 13))


def test_the_loss_of_training_is_the_mean_of_these() -> None:
    torch.manual_seed(0)
    model = DialogueGPT(30, 16, dim=16, attn_dim=4, mlp_dim=32, num_heads=2, num_layers=2).eval()
    ids = [1, *range(5, 14)]
    p = token_probabilities(model, ids)
    assert p.shape == (9,)
    given = torch.tensor([ids])
    with torch.inference_mode():
        trained = DialogueLoss()(model(given)[0], given, torch.ones_like(given)).item()
    assert mean_loss(p) == pytest.approx(trained, rel=1e-5)


def test_the_line_of_the_question_has_the_words_that_it_names() -> None:
    found = measure("perplexity")
    assert found["tokens"] == 13
    assert found["factor"] == pytest.approx(100 ** (1 / 13))
    assert found["share"] == pytest.approx(100 / 13)
