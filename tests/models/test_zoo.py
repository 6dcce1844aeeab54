"""Finding, loading, shipping and evaluating models."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core.config.run_spec import RunSpec
from core.data.images import shapes
from core.models.zoo import ASSETS, available_models, find_model, load_model
from core.publish.evaluation import main as evaluate
from core.publish.publish import note_evaluation, publish
from core.publish.shipped_models import SHIPPED
from core.publish.train_shipped import train_shipped
from core.run_files.directory import RunDirectory
from core.training.command_line import main as train

TINY = [
    "--dim=16",
    "--attn-dim=8",
    "--mlp-dim=16",
    "--num-heads=2",
    "--num-layers=1",
    "--threads=1",
]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A tiny finished grammar GPT."""
    folder = tmp_path_factory.mktemp("trained")
    where = ["--run-dir", str(folder / "gpt-tiny"), "--share", "0.02"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNROLLED_DATA", str(folder / "data"))
        assert train(["gpt", "--data", "grammar", "--epochs", "1", *TINY, *where]) == 0
    return folder / "gpt-tiny"


@pytest.fixture
def runs(trained, tmp_path, monkeypatch):
    """A folder of runs with a copy of that GPT in it."""
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path / "data"))
    shutil.copytree(trained, tmp_path / "runs" / "gpt-tiny")
    return tmp_path / "runs"


def test_a_finished_run_is_a_model_and_loads(runs):
    entry = find_model("gpt-tiny")
    assert entry in available_models("gpt")
    assert entry not in available_models("vit")
    assert (entry.kind, entry.data, entry.shipped) == ("gpt", "grammar", False)
    loaded = load_model(entry)
    assert not loaded.model.training
    assert loaded.tokenizer.vocab_size == loaded.config.vocab_size


@pytest.mark.parametrize("name", ["../gpt-tiny", "/etc", "GPT", "no-such-model", "", "a" * 200])
def test_what_is_no_name_finds_nothing(runs, name):
    with pytest.raises(ValueError, match="There is no model"):
        find_model(name)


def test_a_damaged_run_is_left_out_and_the_others_stay(runs):
    (runs / "broken").mkdir()
    (runs / "broken" / "spec.json").write_text("{")
    assert "gpt-tiny" in [entry.name for entry in available_models()]
    assert "broken" not in [entry.name for entry in available_models()]


def test_a_shipped_model_says_the_same_as_the_run_it_came_from(runs, tmp_path):
    target = publish(runs / "gpt-tiny", "gpt-small", assets=tmp_path / "assets")
    assert "perplexity" in (target / "card.md").read_text()
    shipped, run = evaluate_json(str(target)), evaluate_json("gpt-tiny")
    for name in ("loss", "perplexity", "tokens", "unknown"):
        assert shipped[name] == pytest.approx(run[name], rel=2e-3)
    for name in ("rep4", "distinct2", "copied8"):
        assert 0 <= run[name] <= 1
        assert shipped["human"][name] == run["human"][name]
    assert RunDirectory(target).metrics()[-1] == RunDirectory(runs / "gpt-tiny").metrics()[-1]
    for _ in range(2):
        note_evaluation(target, shipped)
    [noted] = [x for x in (target / "card.md").read_text().splitlines() if "core.evaluate" in x]
    assert f"perplexity {shipped['perplexity']:.4g}" in noted
    assert f"distinct2 {shipped['human']['distinct2']:.4g}" in noted


def test_a_run_that_is_not_finished_is_not_shipped(tmp_path):
    run = RunDirectory.create(tmp_path / "run", RunSpec("vit", "CompactViT").to_dict(), "running")
    with pytest.raises(ValueError, match="only a finished"):
        publish(run.path, "x", assets=tmp_path / "assets")


def test_evaluating_on_data_that_does_not_fit_is_one_sentence(runs, capsys):
    assert evaluate(["no-such-model", "--data", "grammar"]) == 1
    assert "There is no model" in capsys.readouterr().err


def test_pretrain_knows_only_the_shipped_models():
    with pytest.raises(ValueError, match="no shipped model"):
        train_shipped("gpt-5", None, 1)


@pytest.mark.parametrize("folder", sorted(ASSETS.glob("*/spec.json")), ids=lambda p: p.parent.name)
def test_every_shipped_model_loads_and_has_its_card(folder):
    entry = find_model(folder.parent.name)
    assert entry.shipped
    assert load_model(entry).entry is entry
    card = (folder.parent / "card.md").read_text()
    assert entry.architecture in card
    assert RunDirectory(folder.parent).metrics()


def evaluate_json(name):
    """The figures that core.evaluate gives, without the names."""
    from core.models.zoo import entry_of
    from core.publish.evaluation import evaluate

    entry = entry_of(Path(name)) if "/" in name else find_model(name)
    return json.loads(json.dumps(evaluate(entry, "grammar")))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_model_was_trained_as_the_table_says(name: str) -> None:
    asked = SHIPPED[name]
    trained = RunSpec.from_dict(RunDirectory(ASSETS / name).spec())
    recipes = [replace(spec.recipe_config(), precision="auto") for spec in (asked, trained)]
    assert recipes[0] == recipes[1]
    for field in ("architecture", "model", "data", "validation_share", "share", "seed"):
        assert getattr(trained, field) == getattr(asked, field), field


def test_other_weights_in_the_same_place_are_seen(tmp_path, monkeypatch) -> None:
    shutil.copytree(ASSETS / "vit-shapes", tmp_path / "mine")
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path))
    before = find_model("mine")
    about = before.weights.with_suffix(".json")
    text = about.read_text(encoding="utf-8")
    about.write_text(text.replace(before.digest, "f" * 64) + " ", encoding="utf-8")  # in place
    assert find_model("mine").digest == "f" * 64
    assert available_models("vit")[-1].digest == "f" * 64


@pytest.fixture(scope="module")
def shapes_500():
    return shapes.generate(500, seed=1)


@pytest.mark.parametrize("name", [e.name for e in available_models("vit") if e.shipped])
def test_without_the_class_token_a_shipped_vit_knows_nothing(name, shapes_500):
    """Its last class token replaced by the mean of 500, it gives one answer to all pictures, which
    on Shapes is right for less than 20%."""
    loaded = load_model(find_model(name))
    mean, std = (torch.tensor(loaded.extra[key]).view(3, 1, 1) for key in ("mean", "std"))
    pictures, labels, _ = shapes_500
    inputs = (torch.from_numpy(pictures).float() / 255 - mean) / std
    with torch.inference_mode():
        parts = [loaded.model.embed(part) for part in inputs.split(50)]
        z = torch.cat([loaded.model.transformer(part)[0] for part in parts])
        z[:, 0] = z[:, 0].mean(0)
        answers = loaded.model.read_out(z).argmax(-1)
    assert len(answers.unique()) == 1
    if loaded.entry.data == "shapes":
        assert (answers == torch.from_numpy(labels)).float().mean() < 0.2
