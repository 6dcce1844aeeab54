"""Patches of 2, 4 and 8 pixels: the cost by formula, the shipped trainings, and their section."""

from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from core.models.patch_sizes import history, model
from core.models.patch_sizes.history import SIZES
from core.publish import patch_experiment
from dashboard.vision.patch_sizes import ANSWERS
from tests import apps

SHIPPED = history.read()


@pytest.mark.parametrize("patch", SIZES)
def test_the_formula_counts_what_the_model_multiplies(patch: int) -> None:
    built, picture = model.build(patch, 0).eval(), torch.zeros(1, 3, 32, 32)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        _, alphas = built(picture, return_attn=True)
    of = history.cost_of(patch)
    assert counter.get_total_flops() == 2 * of.total  # a multiplication and an addition
    assert alphas is not None
    assert alphas.shape[-1] == of.tokens
    assert {sum(p.numel() for p in built.parameters())} == {
        one.parameters for one in SHIPPED.of(patch)
    }


def test_the_experiment_trains_such_a_model() -> None:
    some = patch_experiment.drawings(40, seed=0)
    once, again = (patch_experiment.train(8, 0, some, some, steps=3) for _ in "ab")
    assert once.accuracy == again.accuracy
    assert SHIPPED.about["model"] == history.MODEL
    assert SHIPPED.about["steps"] == patch_experiment.STEPS


def test_a_missing_file_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "read", lambda: Path("/nowhere.json").read_text(encoding="utf-8"))
    app = apps.check(apps.opened("vit", **{"try": "patch size"}))
    assert any(history.COMMAND in info.value for info in app.info)


def test_a_training_that_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "short.json").write_text('{"about": {}, "trained": []}', encoding="utf-8")
    with pytest.raises(ValueError, match=r"short\.json has no training with patches of 2 pixels"):
        history.read(tmp_path / "short.json")


def test_the_section_answers_after_the_prediction_alone() -> None:
    app = apps.check(apps.opened("vit", **{"try": "patch size", "patch-side": "8"}))
    assert app.session_state["patch-side"] == 8
    assert "with 8 pixels" not in " ".join(m.value for m in app.markdown)
    app.radio(key="guess-patch").set_value(ANSWERS[1])
    said = " ".join(m.value for m in apps.check(app.run()).markdown)
    assert f"**{SHIPPED.accuracy(8):.0%}** with 8 pixels" in said
    assert f"**Your prediction was right:** {ANSWERS[1]}  \n" in said
