"""LayerNorm before or after the block: the model, the shipped trainings, and their section."""

from pathlib import Path

import pytest
import torch

from core.models.norm_place import history, model
from core.models.norm_place.history import AFTER, BEFORE, DEPTHS, RECIPES, WARM
from core.publish import norm_experiment
from dashboard.attention.norm_place import ANSWERS, ASKED
from tests import apps

SHIPPED = history.read()


def test_layer_norm_after_normalises_the_stream_itself() -> None:
    built = model.build(AFTER, 3, 40, seed=0)
    ids = torch.arange(64).view(2, 32) % 40
    stream, _ = built.hidden(ids)
    torch.testing.assert_close(stream.mean(-1), torch.zeros(2, 32), atol=1e-5, rtol=0)
    torch.testing.assert_close(stream.var(-1, unbiased=False), torch.ones(2, 32), atol=1e-3, rtol=0)
    counts = [
        sum(p.numel() for p in model.build(place, 3, 40, seed=0).transformer.parameters())
        for place in (BEFORE, AFTER)
    ]
    assert counts[0] == counts[1]


def test_gradient_norms_are_those_of_autograd() -> None:
    built = model.build(BEFORE, 2, 40, seed=1)
    ids = torch.arange(66).view(2, 33) % 40
    norms = model.gradient_norms(built, ids)
    last = list(built.transformer.layers[1].parameters())
    grads = torch.autograd.grad(model.loss_of(built, ids), last)
    assert norms[1] == pytest.approx(float(torch.cat([g.flatten() for g in grads]).norm()))


def test_the_shipped_trainings_are_complete_and_what_the_section_says() -> None:
    for depth in DEPTHS:
        for recipe in RECIPES:
            assert len(SHIPPED.losses(recipe, depth)) == SHIPPED.about["seeds"] == 2
            assert len(SHIPPED.norms(recipe, depth)) == depth
        assert max(SHIPPED.losses(BEFORE, depth)) < 2
    assert max(SHIPPED.losses(WARM, ASKED)) < 2
    assert min(SHIPPED.losses(AFTER, ASKED)) > SHIPPED.about["frequencies"] - 0.1
    ratios = [SHIPPED.norms(AFTER, d)[-1] / SHIPPED.norms(BEFORE, d)[-1] for d in DEPTHS]
    assert ratios == sorted(ratios)
    assert ratios[-1] > 3 * ratios[0]


def test_the_experiment_trains_such_a_model() -> None:
    stream = torch.arange(400) % 40
    once, again = (norm_experiment.train(WARM, 2, 0, stream, stream, 40, steps=2) for _ in "ab")
    assert once == again
    assert SHIPPED.about["sizes"] == model.SIZES


def test_a_missing_file_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "read", lambda: Path("/nowhere.json").read_text())
    app = apps.check(apps.opened("heads", **{"try": "LayerNorm"}))
    assert any(history.COMMAND in info.value for info in app.info)


def test_the_section_answers_after_the_prediction_alone() -> None:
    app = apps.check(apps.opened("heads", **{"try": "LayerNorm", "norm-layers": "24"}))
    assert app.session_state["norm-layers"] == 24
    assert not any("warm-up of" in m.value for m in app.markdown)
    app.radio(key="guess-norm").set_value(ANSWERS[0])
    said = " ".join(m.value for m in apps.check(app.run()).markdown)
    after = sum(SHIPPED.losses(AFTER, ASKED)) / 2
    assert f"**{after:.2f}** nats, no better than word frequencies alone" in said
    assert f"**Your prediction was wrong:** {ANSWERS[0]}  \n" in said
