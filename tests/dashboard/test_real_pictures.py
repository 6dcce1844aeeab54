"""Vision Transformers from files in the lessons on pictures: ViT, and DeiT with a second token."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from core.data.locations import drain
from core.interpret.attribution import extra_tokens, patch_map, patches_only, rollout
from core.models.pretrained import store
from core.models.pretrained.families import family_named
from core.models.pretrained.vit import ViTConfig
from core.models.zoo import ModelEntry
from dashboard.models import pictures, vit_models
from dashboard.vision import patch_data
from tests import apps

VIT, DEIT = "ViTForImageClassification", "DeiTForImageClassification"
TWO_HEADS = "DeiTForImageClassificationWithTeacher"
HOSTILE = "**b** <script>alert(1)</script> [a](http://b) $x$"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path / "data"))


def write(architecture: str = VIT, name: str = "tiny-vit", **changed: Any) -> ModelEntry:
    """A small random model, stored."""
    sizes: dict[str, Any] = {
        "n_channels": 3, "nout": 5, "img_size": 20, "patch_size": 5, "dim": 24, "attn_dim": 8,
        "mlp_dim": 40, "num_heads": 3, "num_layers": 3, "distilled": architecture != VIT,
        "two_heads": architecture == TWO_HEADS,
    }  # fmt: skip
    config = ViTConfig(**sizes | changed)
    torch.manual_seed(0)
    family = family_named(architecture)
    model = family.model(**asdict(config))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.3 * torch.randn_like(parameter))
    tensors = {key: value.detach().clone() for key, value in model.named_parameters()}
    extra = {
        "kind": "vit", "origin": "../../../etc", "licence": "", "source_sha256": "",
        "parameters": sum(t.numel() for t in tensors.values()),
        "classes": [HOSTILE, *(f"class {i}" for i in range(1, config.nout))],
        "mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4],
    }  # fmt: skip
    return drain(store.write(name, architecture, config, tensors, "", extra))


def opened(page: str, **query: str) -> AppTest:
    app = apps.check(apps.opened(page, model="tiny-vit", **query))
    assert app.selectbox(key="model").value == "tiny-vit"
    assert not [m.value for m in (*app.markdown, *app.caption) if "<script" in m.value]
    return app


@pytest.mark.parametrize("architecture", [VIT, DEIT, TWO_HEADS])
def test_every_lesson_on_pictures_takes_it(architecture: str) -> None:
    write(architecture)
    app = opened("vit")
    app.session_state["layer"], app.session_state["head"] = 2, 3
    apps.check(app.run())
    apps.check(opened("vit", follow="rollout", patch="4"))
    drawn = opened("vit", network="true", net_block="1", net_depth="1")
    assert [drawn.session_state[f"net_{n}"] for n in ("block", "depth")] == [1, 1]
    assert not drawn.info
    opened("patches")
    app = opened("maps")
    assert [b.key for b in app.get("button_group") if b.key == "weights"] == []
    opened("maps", **{"try": "take patches away"})
    app = apps.check(apps.opened("maps", model="tiny-vit", **{"try": "500 known objects"}))
    assert "tiny-vit" not in app.selectbox(key="model").options


def test_the_courses_own_models_stay_the_default_and_alone_where_pictures_are_compared() -> None:
    write()
    for page in ("vit", "patches", "maps"):
        assert apps.opened(page).selectbox(key="model").value != "tiny-vit"
    app = apps.opened("attention", reads="pictures")
    assert "tiny-vit" not in app.selectbox(key="vit").options
    assert any("Vision Transformers from files" in caption.value for caption in app.caption)


@pytest.mark.parametrize("architecture", [VIT, DEIT])
def test_maps_are_those_of_the_patches_and_rollout_passes_through_every_token(
    architecture: str,
) -> None:
    loaded = store.load_model(write(architecture))
    model, first = loaded.model, 1 if architecture == VIT else 2
    assert extra_tokens(model) == first
    pixels = torch.rand(2, 3, 20, 20)
    with torch.no_grad():
        alphas = model(pixels, return_attn=True)[1]
        tokens = patch_data.shown(model, pixels[:1])
    assert alphas.shape[-1] == 16 + first
    assert len(tokens) == 17
    shown = patches_only(alphas, first)
    torch.testing.assert_close(shown[..., 0, 1:], alphas[..., 0, first:])
    torch.testing.assert_close(shown[..., 1:, 1:], alphas[..., first:, first:])
    target = torch.zeros(2, dtype=torch.long)
    for how in ("attention", "rollout", "gradient"):
        assert patch_map(model, pixels, how, target).shape == (2, 16)
    flow = patch_map(model, pixels, "rollout", target)
    torch.testing.assert_close(flow, rollout(alphas)[:, 0, first:])


def test_its_own_size_and_scale_of_pixels() -> None:
    loaded = store.load_model(write())
    image = np.full((1, 3, 32, 32), 51, dtype=np.uint8)
    inputs = vit_models.to_input(loaded, image)
    assert inputs.shape == (1, 3, 20, 20)
    scaled = (0.2 - torch.tensor([0.5, 0.4, 0.3])) / torch.tensor([0.2, 0.3, 0.4])
    torch.testing.assert_close(inputs[0, :, 7, 7], scaled)


def test_many_patches_are_drawn_by_the_server() -> None:
    write(img_size=44, patch_size=2)
    app = opened("vit")
    apps.check(app.slider(key="layer").set_value(2).run())
    apps.check(app.slider(key="patch").set_value(3).run())
    app = opened("patches")
    apps.check(app.slider(key="row").set_value(2).run())


def test_a_model_that_lessons_cannot_use_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(n_channels=1)
    app = apps.opened("vit", model="tiny-vit")
    assert "1 channels" in app.error[0].value
    store.remove("tiny-vit")
    write()
    monkeypatch.setattr(vit_models, "MOST_MAPS", 1_000)
    app = apps.opened("maps", model="tiny-vit")
    assert "16 patches" in app.error[0].value
    assert not app.exception


def test_what_a_stranger_calls_its_origin_is_no_folder_to_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def load(name: str) -> Any:
        asked.append(name)
        raise ValueError("not here")

    monkeypatch.setattr(pictures, "load_images", load)
    pictures._held_out.clear()
    loaded = vit_models.load(write())
    assert loaded.entry.data == "../../../etc"
    assert pictures.pictures_for(loaded).source == "shapes"
    assert asked == ["cifar10"]
