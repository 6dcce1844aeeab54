"""The pages on patches, on the truth of maps and on ViT against CNN: every section opens."""

import dataclasses
import json

import numpy as np
import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from core.config.model_config import config_for
from core.config.run_spec import RunSpec
from core.data.images import shapes
from core.models import zoo
from core.models.checkpoint import model_tensors, write_checkpoint
from core.models.registry import build
from core.models.zoo import LoadedModel, ModelEntry
from core.run_files.directory import RunDirectory
from dashboard.figures import (
    faithfulness as figures,
    patches as patch_figures,
    versus as versus_figures,
)
from dashboard.figures.maps.vit_maps import similarity_sheet, weight_grid
from dashboard.vision import augmentation, faithfulness, versus
from tests import apps
from tests.conftest import ROOT
from tests.dashboard.drawings import checked
from tests.dashboard.test_vit_page import pixels
from tests.tiny_models import SIZES, tiny

needs_vit = pytest.mark.skipif(not zoo.available_models("vit"), reason="no ViT is shipped yet")


def opened(page: str, **query: str) -> AppTest:
    return apps.check(apps.opened(page, **query))


@needs_vit
@pytest.mark.parametrize(
    "section",
    ["one picture, six maps", "take patches away", "500 known objects", "size of the object"],
)
@pytest.mark.parametrize("weights", ["trained", "random"])
def test_every_section_on_the_truth_of_maps_opens(section, weights):
    app = opened("maps", **{"try": section, "weights": weights})
    if section == "size of the object":
        sent = app.session_state["state-live-order-objects"]["values"]
        assert sent == {"layer": 0, "head": 0}
        app.session_state["state-live-stopped-objects"] = True
        app = app.run()
        assert any("(across): r = " in m.value for m in app.markdown), "the server draws it"


@needs_vit
@pytest.mark.parametrize(
    ("old", "new"), [("2.1", (2, 1)), ("mean of all", (0, 0)), ("9.9", (0, 0))]
)
def test_an_older_link_to_a_head_still_finds_it(old, new):
    app = opened("maps", **{"try": "size of the object", "of": old})
    sent = app.session_state["state-live-order-objects"]["values"]
    assert (sent["layer"], sent["head"]) == new
    assert "of" not in app.query_params


@needs_vit
def test_a_picture_becomes_tokens():
    app = opened("patches")
    assert any("3. The matrix: 64 rows" in m.value for m in app.markdown)
    app = opened("patches", model="vit-shapes")
    assert any("filters of the first convolution" in m.value for m in app.markdown)


@needs_vit
def test_without_the_instrument_the_server_draws_the_similar_positions():
    app = AppTest.from_file(str(ROOT / "pages" / "patches.py"), default_timeout=120)
    app.session_state["state-live-stopped-patches"] = True
    app.run()
    assert not app.exception
    assert "This figure stopped working in your browser" in app.warning[0].value
    app.slider(key="row").set_value(2).run()
    assert any("similar to row 2, column 4?" in m.value for m in app.markdown)


def test_a_tune_becomes_tokens_and_a_wrong_note_a_sentence():
    app = opened("patches", feed="a sound")
    assert any("cut into" in m.value for m in app.markdown)
    app.text_input(key="tune").set_value("C X").run()
    assert not app.exception
    assert "A tune consists of" in app.error[0].value


def test_the_tune_is_shown_until_a_sound_is_uploaded():
    app = opened("patches", feed="a sound", sound="my own WAV")
    assert "The tune is shown until you upload a file." in [c.value for c in app.caption]
    assert any("cut into 148 patches" in m.value for m in app.markdown)


@pytest.mark.parametrize(
    "section",
    ["little data", "shifted", "other sizes", "where they look", "overfitting", "augmentation"],
)
def test_every_comparison_opens_with_whatever_models_there_are(section, few_pictures):
    opened("versus", compare=section)


def a_run(folder, architecture, share, accuracy, data="shapes"):
    """A run with random weights, as far as the page looks into it."""
    kind = "cnn" if architecture == "SmallCNN" else "vit"
    sizes = {"dim": 8} if kind == "cnn" else {**SIZES, "num_layers": 1}
    config = config_for(architecture, sizes)
    run = RunDirectory.create(
        folder, RunSpec(kind, architecture, data=data, share=share).to_dict(), "done"
    )
    run.append({"kind": "epoch", "step": 1, "epoch": 1, "examples": 10,
                "train": {"accuracy": accuracy}, "held_out": {"accuracy": accuracy}})  # fmt: skip
    extra = {"classes": list(shapes.CLASSES), "mean": [0.5] * 3, "std": [0.25] * 3}
    tensors = {f"model.{k}": v for k, v in model_tensors(build(architecture, config)).items()}
    write_checkpoint(run.checkpoints / "weights", architecture, config, tensors, extra)


@pytest.fixture
def rivals_at_hand(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path))
    for name, architecture, share in (
        ("net", "SmallCNN", 1.0), ("net-little", "SmallCNN", 0.1), ("waves", "SinusoidalViT", 1.0)
    ):  # fmt: skip
        a_run(tmp_path / name, architecture, share, 0.25)


def test_the_augmented_training_waits_for_a_prediction():
    app = opened("versus", compare="augmentation", **{"seen-epoch": "3"})
    figure = next(c for c in app.get("plotly_chart") if "augmentation" in str(c.key))
    assert "not augmented" in figure.proto.spec
    assert '"name":"augmented"' not in figure.proto.spec.replace(" ", "")
    app.radio(key="guess-augmentation").set_value(augmentation.ANSWERS[1]).run()
    assert not app.exception
    [said] = [m.value for m in app.markdown if "Your prediction was wrong:" in m.value]
    assert "98." in said  # held out, augmented
    figure = next(c for c in app.get("plotly_chart") if "augmentation" in str(c.key))
    assert '"name":"augmented"' in figure.proto.spec.replace(" ", "")


def test_an_epoch_shows_the_same_pictures_again_and_the_next_one_others():
    one, again, two = (augmentation._augmented.__wrapped__(n) for n in (1, 1, 2))
    assert (one == again).all()
    assert (one != two).any(axis=(1, 2, 3)).all()


def test_another_data_set_begins_with_models_of_its_own():
    app = opened("versus")
    before = set(app.multiselect[0].value)
    choice = app.segmented_control(key="data")
    choice.set_value(next(o for o in versus.data_with_models() if o != choice.value)).run()
    now = set(app.multiselect[0].value)
    assert now
    assert not now & before


def test_a_vit_and_a_cnn_are_compared_in_every_section(rivals_at_hand, few_pictures):
    for section, title in (
        ("overfitting", "by epoch"),
        ("little data", "share of the training data"),
        ("shifted", "held-out pictures, by the shift"),
        ("other sizes", "held-out pictures, by their side"),
        ("where they look", "net: Grad-CAM"),
    ):
        app = opened("versus", compare=section, data="shapes", cnn="net", vit="waves")
        assert not any("There is no CNN" in note.value for note in app.info)
        assert any(title in m.value for m in app.markdown), section
        rows = app.dataframe[0].value.set_index("model")
        assert rows.loc["net", "held out"] == 0.25


@needs_vit
def test_pictures_that_are_not_here_are_asked_for_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    st.cache_resource.clear()
    app = opened("versus", compare="shifted", data="cifar10")
    assert not app.info, "the accuracies of shipped models are there without the pictures"
    helps = [str(caption.proto.help) for caption in app.caption]
    assert any("were measured on AMD EPYC" in words for words in helps)
    app = opened("versus", compare="shifted", data="cifar10", cnn="cnn-cifar10-1pct")
    assert not app.info, "also those trained on little data"
    a_run(tmp_path / "net", "SmallCNN", 1.0, 0.25, data="cifar10")
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path))
    app = opened("versus", compare="shifted", data="cifar10", cnn="net")
    assert any("core.data get cifar10" in note.value.replace("\\", "") for note in app.info)


@needs_vit
def test_where_the_optimisers_differ_the_figure_says_so():
    app = opened("versus", compare="little data", data="cifar10")
    [said] = [c.value for c in app.caption if "The optimisers differ" in c.value]
    assert "CNN: AdamW; ViT that begins with convolutions: Muon; plain ViT: " in said


def entry(name="a", kind="vit", accuracy=0.5, path=None, architecture="CompactViT"):
    return ModelEntry(
        name, kind, architecture, "shapes", path, path, "0", "0", True, {"accuracy": accuracy}
    )


def test_the_best_model_at_each_share_is_drawn_and_missing_shares_are_named(tmp_path):
    rivals = []
    for name, share, accuracy in (("a", 0.1, 0.3), ("b", 0.1, 0.4), ("c", 1.0, 0.9)):
        rivals.append(rival(entry(name, path=tmp_path / name), share, accuracy))
    second = {"seed": 1, "held_out": {"accuracy": 0.5}}
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / zoo.SECOND_SEED).write_text(json.dumps(second), encoding="utf-8")
    ((xs, ys, spreads),) = versus.by_share(rivals).values()
    assert xs == [10.0, 100.0]
    assert ys == pytest.approx([0.45, 0.9])
    assert spreads == pytest.approx([0.05, 0.0])
    assert "no CNN trained on 10%, 100% of the data" in versus.missing_shares(rivals)
    everything = [
        rival(entry(kind=kind), share, 1.0) for kind in ("vit", "cnn") for share in (0.1, 1.0)
    ]
    assert versus.missing_shares(everything) == ""


def test_a_model_that_learned_nothing_from_a_share_is_named_with_what_it_needs():
    said = versus.near_chance(versus.rivals("shapes"))
    assert said.startswith("At 10% of the data the plain ViT is right on 100% of its training ")
    assert said.endswith("on only 13.8% of new ones; guessing gives 10%. At 30% it reaches 95.1%.")
    assert versus.near_chance(versus.rivals("cifar10")) == ""


def rival(of, share, accuracy):
    return versus.Rival(of, share, 100, [1], [accuracy + 0.05], [accuracy], [1.0], [1.0])


def test_overfitting_opens_with_the_widest_gaps_and_the_best_model():
    members = [
        rival(entry(name), 1.0, accuracy)
        for name, accuracy in zip("abcd", (0.5, 0.6, 0.9, 0.7), strict=True)
    ]
    for member, gap in zip(members, (0.3, 0.2, 0.0, 0.1), strict=True):
        member.training[-1] = member.held_out[-1] + gap
    assert versus.overfitting_first(members) == ["a", "b", "c"]
    assert versus.overfitting_first([rival(entry("small"), 0.1, 0.9)]) == []


@needs_vit
def test_the_budget_tells_parameters_images_and_the_gap():
    rivals = [r for r in versus.rivals("shapes") if r.name == "vit-shapes"]
    (row,) = versus.budget(rivals)
    assert row["parameters"] == 161_834  # as its card says
    assert row["images seen"] > 0
    assert row["gap"] == pytest.approx(row["training"] - row["held out"])


def test_a_share_of_two_hundred_pictures_has_its_error_said():
    assert "7.1%" in versus.chance({"a": ([0], [0.5])})


def test_measures_on_known_objects_know_a_map_that_looks_at_the_object():
    """A model whose every head looks at the brightest patch, on pictures with a bright object."""
    model = tiny("vit")
    given = LoadedModel(
        dataclasses.replace(entry(), name="bright"), model, type("C", (), {"img_size": 16})(),
        {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0), "classes": ["a", "b", "c", "d"]}, None,
    )  # fmt: skip
    found = faithfulness.on_known_objects(given, "trained")
    share, chance, fused = found["share of attention on the object"]
    assert share.shape == (3, 2)
    _, _, masks = shapes.generate(500, seed=1)
    assert chance == pytest.approx(masks.mean(), abs=1e-6)
    assert set(fused) == {"mean attention", "rollout"}
    assert found["spread"].shape == (500, 3, 2)
    assert found["spread"].max() <= np.log(16) + 1e-5


def test_all_maps_of_a_picture_are_weights_of_its_patches():
    model = tiny("vit")
    maps = faithfulness.all_maps("tiny", model, torch.randn(1, 3, 16, 16), 2)
    assert len(maps) == 6
    for weights, words in maps.values():
        assert weights.shape == (16,)
        assert weights.min() >= 0
        assert words.endswith(".")


def test_a_grid_shows_the_largest_weight_brightest():
    picture = pixels(weight_grid(np.arange(16.0), side=40)).sum(-1)
    assert picture[35, 35] == picture.max()
    assert picture[5, 5] == picture.min()


def test_similarity_of_positions_has_a_square_for_every_patch():
    png = pixels(similarity_sheet(np.eye(16), cell=20))
    assert png.shape[:2] == (4 * 25 + 5, 4 * 25 + 5)


def test_figures_of_patches_and_scatter_say_what_is_on_their_axes():
    fig = checked(patch_figures.spectrogram(np.ones((64, 100)), 16, 31.25, 0.008))
    assert fig.layout.xaxis.title.text == "time, seconds"
    assert fig.layout.yaxis.title.text == "frequency, Hz"
    sizes, random = np.array([0.1, 0.2, 0.3]), np.array([4.0, 4.1, 4.0])
    fig = checked(figures.size_scatter(sizes, np.array([1.0, 2.0, 3.0]), 1.0, random, patches=64))
    assert fig.data[2].y[1] - fig.data[2].y[0] == pytest.approx(2.0)
    assert fig.layout.yaxis.range[1] > np.log(64)
    fig = checked(versus_figures.lines({"a": ([1, 2], [0.1, 0.2])}, "pixels moved", [1, 2]))
    assert fig.layout.xaxis.title.text == "pixels moved"
    assert fig.layout.yaxis.range == (0, 1.04)
    fig = checked(versus_figures.histories({"a": ([1, 2], [0.1, 0.5], [0.1, 0.3])}))
    assert [(line.line.dash, line.showlegend) for line in fig.data] == [
        ("solid", True),
        ("dash", False),
    ]


@pytest.mark.parametrize("page", ["vit", "maps"])
def test_a_page_opens_with_a_picture_that_its_model_gets_right(page):
    assert any("Predicted class: **star**" in text.value for text in opened(page).markdown)
