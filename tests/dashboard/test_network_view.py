"""The drawings of networks: what is sent to the browser, and what is taken from it."""

import base64
import json
from dataclasses import asdict, replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from core.interpret.block_steps import block_steps
from core.interpret.trace import trace
from core.linear_rnn.matrices import PRESETS, preset
from core.models import zoo
from core.models.pretrained.families import family_named
from core.models.pretrained.vit import ViTConfig
from dashboard.components.live import packed
from dashboard.components.network_view import scripts_of
from dashboard.models import network as transformer
from dashboard.models.model_input import ModelInput
from dashboard.rnn import network
from tests.models.pretrained.stored import CONFIGS
from tests.tiny_models import some_input, tiny

MOST = 150_000  # bytes of a first message


def test_an_array_arrives_as_it_was():
    values = np.random.default_rng(0).normal(size=(3, 4))
    assert np.array_equal(np.frombuffer(base64.b64decode(packed(values))).reshape(3, 4), values)


def test_every_matrix_is_drawn_and_the_message_is_small():
    model = network.drawn_model()
    assert [m["name"] for m in model["matrices"]] == list(PRESETS)
    assert model["matrices"][3]["W"] == packed(preset("rotation", network.SIZE))
    assert len(json.dumps(model)) < MOST / 4


@pytest.mark.parametrize(
    "values",
    [
        {"net_T": 99, "net_rho": float("nan"), "net_i": -1, "net_W": "<b>"},
        {"net_T": None, "net_rho": "1e999", "net_i": [], "net_W": {}},
        {"net_T": "x" * 5000, "other": 1},
    ],
)
def test_values_that_are_not_possible_become_the_defaults(values):
    assert network.checked(values) == network.DEFAULTS


def test_possible_values_stay_and_a_path_ends_with_the_text():
    given = {"net_W": "orthogonal", "net_T": 5, "net_rho": 1.234, "net_i": 5}
    assert network.checked(given) == given | {"net_rho": 1.23}
    assert network.checked(given | {"net_T": 4})["net_i"] == 1
    assert network.checked({"net_W": "exploding"})["net_rho"] == 1.1


def given_text(name="gpt", tokens=9):
    """A tiny model that has read a text of `tokens` tokens, as a page gives it to the drawing."""
    model = tiny(name)
    ids = some_input(name, batch=1).repeat(1, 3)[:, :tokens]
    names = [f"<b>{i}</b>" for i in range(tokens)]
    return given(model, "DialogueGPT", ids, names, [f"word {i}" for i in range(19)])


def given_picture(name="vit"):
    model = tiny(name)
    architecture = {"vit": "VisionTransformer", "compact_vit": "CompactViT"}[name]
    names = ["class", *(f"patch {i}" for i in range(1, 17))]
    pixels = np.zeros((3, 16, 16), np.uint8)
    inputs = some_input(name, batch=1)
    return given(model, architecture, inputs, names, ["a", "b", "c", "d"], pixels)


def given(model, architecture, inputs, tokens, answers, picture=None):
    sizes = SimpleNamespace(dim=12, mlp_dim=16, img_size=16, patch_size=4, num_layers=3)
    entry = SimpleNamespace(name="tiny", identity="tiny", architecture=architecture, real=False)
    loaded = SimpleNamespace(entry=entry, config=sizes)
    return ModelInput(loaded, model, inputs, tokens, answers, picture, True)


def given_real(architecture):
    """A small random real model that has read a text of 11 tokens, or a picture of 16 patches."""
    torch.manual_seed(0)
    pictures = "ForImage" in architecture
    config = PICTURES if pictures else CONFIGS[architecture]
    config = replace(config, distilled="DeiT" in architecture) if pictures else config
    model = family_named(architecture).model(**asdict(config)).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    entry = SimpleNamespace(name="r", identity="r", architecture=architecture, real=True)
    loaded = SimpleNamespace(entry=entry, config=config)
    if not pictures:
        ids = torch.randint(0, 264, (1, 11))
        names = [str(i) for i in range(11)]
        return ModelInput(loaded, model, ids, names, [str(i) for i in range(264)], None, True)
    names = [str(i) for i in range(16 + model.extra_tokens)]
    pixels = np.zeros((3, 16, 16), np.uint8)
    return ModelInput(loaded, model, torch.rand(1, 3, 16, 16), names, ["a", "b"], pixels, True)


PICTURES = ViTConfig(
    n_channels=3, nout=2, img_size=16, patch_size=4, dim=12, attn_dim=6, mlp_dim=16, num_heads=2,
    num_layers=3,
)  # fmt: skip


def numbers(step):
    """What block.js reads of a step."""
    shape, text = step
    return np.frombuffer(base64.b64decode(text), np.float16).reshape(shape)


def test_the_model_is_drawn_from_its_sizes_and_its_trace():
    text = given_text()
    traced = trace(text.model, text.inputs)
    drawn = transformer.overview(text, traced, transformer.shown_tokens(text, traced))
    assert (drawn["layers"], drawn["heads"], drawn["head_dim"]) == (3, 2, 5)
    assert np.allclose(drawn["norms"][::2], traced.stream[0].norm(dim=-1).numpy(), rtol=1e-6)
    codes = np.frombuffer(base64.b64decode(drawn["maps"]), np.uint8).reshape(3, 2, 9, 9)
    assert np.abs((codes / 255.0) ** 2 - traced.attention[0].numpy()).max() < 0.004
    best = traced.logits[0].softmax(-1).max(-1)
    said = drawn["lens"][-1]
    assert [row[0][0] for row in said] == [f"word {i}" for i in best.indices.tolist()]
    assert np.allclose([row[0][1] for row in said], best.values.numpy(), rtol=1e-5)


@pytest.mark.parametrize("name", ["gpt", "compact_gpt", "vit", "compact_vit"])
def test_an_opened_block_has_the_numbers_of_the_trace(name):
    model = given_text(name) if "gpt" in name else given_picture(name)
    traced = trace(model.model, model.inputs)
    tokens = transformer.shown_tokens(model, traced)
    steps = transformer.zoomed(model, traced, tokens, 1)["steps"]
    true = block_steps(model.model, traced, 1)
    for step in ("x", "q", "k", "v", "out", "attended", "after", "mlp", "end"):
        wanted = true[step][..., tokens, :].numpy()
        assert np.allclose(numbers(steps[step]), wanted, rtol=1e-3, atol=1e-3), step
    wanted = true["alpha"][:, tokens][..., tokens].numpy()
    assert np.allclose(numbers(steps["alpha"]), wanted, rtol=1e-3, atol=1e-4)
    embedding = transformer.zoomed(model, traced, tokens, 3)["steps"]
    end = traced.stream[0, 0, tokens].numpy()
    assert np.allclose(numbers(embedding["end"]), end, rtol=1e-3, atol=1e-3)
    first = "embedded" if "gpt" in name else "projected"
    parts = [numbers(embedding[n]).astype(float) for n in (first, "position")]
    patches = slice(None) if "gpt" in name else slice(1, None)  # the class token has no patch
    assert np.allclose(sum(parts)[patches], end[patches], atol=2e-2)
    assert ("flat" in embedding) == (name == "vit")


@pytest.mark.parametrize(
    "architecture", ["LlamaForCausalLM", "Qwen2ForCausalLM", "GPT2LMHeadModel"]
)
def test_a_real_model_of_text_is_drawn_with_its_own_parts(architecture):
    text = given_real(architecture)
    traced = trace(text.model, text.inputs)
    tokens = transformer.shown_tokens(text, traced)
    drawn = transformer.overview(text, traced, tokens)
    groups = {"LlamaForCausalLM": 2, "Qwen2ForCausalLM": 3}.get(architecture)
    biases = int(architecture.startswith("Qwen2"))
    assert drawn["unit"] == "tokens"
    assert drawn["llama"] == (groups and {"groups": groups, "qkv": biases, "out": 0})
    steps = transformer.zoomed(text, traced, tokens, 2)["steps"]
    embedding = transformer.zoomed(text, traced, tokens, 3)["steps"]
    assert set(embedding) == {"embedded", "end"} | (set() if groups else {"position"})
    true = block_steps(text.model, traced, 2)
    assert np.allclose(numbers(steps["q"]), true["q"].numpy(), rtol=1e-2, atol=1e-2)
    if groups:
        gate, up = (numbers(steps[n]).astype(float) for n in ("gate", "up"))
        down = text.model.transformer.layers[2].ffn.down.weight.detach().numpy()
        product = gate / (1 + np.exp(-gate)) * up  # as llama.js has it
        assert np.allclose(product @ down.T, true["mlp"].numpy(), rtol=1e-2, atol=2e-2)
        kept = numbers(steps["k"])
        assert kept.shape == (groups, 11, 6)
        each = 6 // groups
        assert np.allclose(kept.repeat(each, 0), true["k"].numpy(), rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize(
    "architecture", ["ViTForImageClassification", "DeiTForImageClassification"]
)
def test_a_real_model_of_pictures_is_drawn_with_its_tokens(architecture):
    picture = given_real(architecture)
    traced = trace(picture.model, picture.inputs)
    tokens = transformer.shown_tokens(picture, traced)
    front = picture.model.extra_tokens
    assert front == 1 + architecture.startswith("DeiT")
    assert len(tokens) == 16
    assert not set(range(1, front)) & set(tokens)  # a patch each, but for the class token
    drawn = transformer.overview(picture, traced, tokens)
    assert (drawn["picture"]["front"], drawn["picture"]["flat"]) == (front, True)
    assert drawn["link"] is None  # the lesson on attention has no such model
    embedding = transformer.zoomed(picture, traced, tokens, 3)["steps"]
    parts = [numbers(embedding[n]).astype(float)[1:] for n in ("projected", "position")]
    end = traced.stream[0, 0, tokens].numpy()
    assert np.allclose(sum(parts), end[1:], atol=2e-2)


def test_flattened_patches_times_the_weights_are_the_projection():
    picture = given_picture()
    steps = transformer.embedding_steps(picture, trace(picture.model, picture.inputs))
    conv = picture.model.patch_embed.conv
    linear = steps["flat"][1:] @ conv.weight.flatten(1).T + conv.bias
    assert np.allclose(linear.detach(), steps["projected"][1:].detach(), atol=1e-5)


def test_long_texts_show_their_end_and_pictures_what_the_class_token_looks_at():
    text = given_text(tokens=24)
    assert transformer.shown_tokens(text, trace(text.model, text.inputs)) == list(range(8, 24))
    picture = given_picture()
    traced = trace(picture.model, picture.inputs)
    shown = transformer.shown_tokens(picture, traced)
    assert len(shown) == 16
    assert shown[0] == 0
    left_out = set(range(17)) - set(shown)
    mean = traced.attention[0, :, :, 0].mean((0, 1))
    assert all(mean[i] <= mean[shown[1:]].min() for i in left_out)


def test_a_forged_choice_becomes_the_default():
    text = given_text()
    tokens = list(range(9))
    forged = {"block": 99, "part": -1, "at_token": True, "depth": "2", "stage": 1.5, "x": 1}
    assert transformer.checked(text, tokens, forged) == transformer.defaults(text, tokens)
    assert transformer.checked(text, tokens, {"block": 3, "depth": 1})["block"] == 3


SHIPPED = [entry for entry in zoo.available_models() if entry.shipped and "cnn" not in entry.name]


@pytest.mark.parametrize("entry", SHIPPED, ids=lambda entry: entry.name)
def test_the_first_message_of_every_shipped_model_is_small(entry):
    loaded = zoo.load_model(entry)
    causal = "gpt" in entry.name
    inputs = torch.arange(24)[None] if causal else torch.rand(1, 3, 32, 32)
    tokens = ["<START>"] * (24 if causal else 65)
    answers = loaded.tokenizer.vocab if causal else list(loaded.extra["classes"])
    picture = None if causal else np.random.default_rng(0).integers(0, 256, (3, 32, 32), np.uint8)
    read = ModelInput(loaded, loaded.model, inputs, tokens, answers, picture, True)
    traced = trace(read.model, inputs)
    shown = transformer.shown_tokens(read, traced)
    model = transformer.overview(read, traced, shown) | transformer.zoomed(read, traced, shown, 0)
    size = len(json.dumps(model)) + sum(len(text.encode()) for text in scripts_of("transformer"))
    assert size < MOST
