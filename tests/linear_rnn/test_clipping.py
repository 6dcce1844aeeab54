"""Clipping: the same as torch's, a run that explodes without it, and its section."""

import math

import pytest
import torch

from core.linear_rnn.through_time import clipping
from dashboard.figures.rnn import through_time as figures
from dashboard.rnn.clipping import ANSWERS, verdict
from tests import apps
from tests.dashboard.drawings import checked


@pytest.mark.parametrize("c", [0.5, 3.0, 1e9, math.inf])
def test_it_is_torch_s_own(c: float) -> None:
    torch.manual_seed(0)
    mine = [torch.randn(4, 3), torch.randn(5)]
    weights = [torch.nn.Parameter(torch.zeros_like(g)) for g in mine]
    for weight, g in zip(weights, mine, strict=True):
        weight.grad = g.clone()
    before = torch.nn.utils.clip_grad_norm_(weights, c)
    assert clipping.clip(mine, c) == pytest.approx(float(before))
    for weight, g in zip(weights, mine, strict=True):
        torch.testing.assert_close(g, weight.grad, rtol=1e-5, atol=0)


def test_a_gradient_of_zero_stays() -> None:
    zero = torch.zeros(3)
    assert clipping.clip([zero], 1.0) == 0
    assert zero.tolist() == [0, 0, 0]


def test_without_clipping_it_explodes_and_with_it_learns() -> None:
    plain, clipped = clipping.train(0.1), clipping.train(0.1, 1.0)
    assert plain.exploded
    assert not clipped.exploded
    assert clipped.accuracy > 0.95
    assert max(clipped.norm) > 1
    checked(figures.trainings(plain, clipped, 1.0))
    checked(figures.trainings(plain, None, 1.0))
    assert "does not learn" in verdict(plain, clipping.train(0.1, 4.0), 4.0)


def test_the_section_answers_after_the_prediction_alone() -> None:
    app = apps.opened("rnn", section="Clipping", clip_c="0.25")
    assert app.session_state["clip_c"] == 0.25
    said = " ".join(m.value for m in apps.check(app).markdown)
    assert "steps were clipped" not in said
    app.radio(key="guess-clip").set_value(ANSWERS[1])
    said = " ".join(m.value for m in apps.check(app.run()).markdown)
    assert "With c = 0.25 **it learns**" in said
    assert f"**Your prediction for c = 1 was wrong:** {ANSWERS[1]}  \n" in said
