"""A checkpoint comes back as it was, or is refused with a sentence."""

import json
import pickle

import pytest
import torch
from hypothesis import HealthCheck, given, settings, strategies as st

from core.config.model_config import config_for
from core.models.checkpoint import (
    CheckpointError,
    model_from,
    model_tensors,
    read_checkpoint,
    write_checkpoint,
)
from core.models.registry import build

SIZES = {"vocab_size": 20, "max_N": 8, "dim": 8, "attn_dim": 4, "mlp_dim": 8, "num_heads": 2}


@pytest.fixture
def saved(tmp_path):
    """(path, model) of a small tied GPT on disk."""
    config = config_for("CompactGPT", {**SIZES, "num_layers": 1})
    model = build("CompactGPT", config).eval()
    tensors = {f"model.{n}": t for n, t in model_tensors(model).items()}
    write_checkpoint(tmp_path / "one", "CompactGPT", config, tensors, {"step": 3})
    return tmp_path / "one", model


def test_a_model_comes_back_with_the_same_bits(saved):
    path, model = saved
    checkpoint = read_checkpoint(path)
    assert checkpoint.extra == {"step": 3}
    again = model_from(checkpoint)
    ids = torch.randint(0, 20, (2, 6))
    assert torch.equal(model(ids)[0], again(ids)[0])
    assert again.head[1].weight is again.token_embed.weight


def test_only_two_files_are_left_behind(saved):
    path, _ = saved
    assert sorted(p.name for p in path.parent.iterdir()) == ["one.json", "one.safetensors"]


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_one_flipped_bit_is_found(saved, where, bit):
    path, _ = saved
    weights = path.with_suffix(".safetensors")
    good = weights.read_bytes()
    bad = bytearray(good)
    bad[int(where * len(bad))] ^= 1 << bit
    weights.write_bytes(bytes(bad))
    try:
        with pytest.raises(CheckpointError, match="damaged"):
            read_checkpoint(path)
    finally:
        weights.write_bytes(good)


def test_a_truncated_file_is_found(saved):
    path, _ = saved
    weights = path.with_suffix(".safetensors")
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match="damaged"):
        read_checkpoint(path)


def _with_honest_checksum(path, data):
    import hashlib

    path.with_suffix(".safetensors").write_bytes(data)
    about = json.loads(path.with_suffix(".json").read_text())
    about["sha256"] = hashlib.sha256(data).hexdigest()
    path.with_suffix(".json").write_text(json.dumps(about))


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was executed",))


def test_a_pickle_is_refused_unread(saved):
    path, _ = saved
    _with_honest_checksum(path, pickle.dumps(Bomb()))
    with pytest.raises(CheckpointError, match="not a safetensors file"):
        read_checkpoint(path)


def test_an_absurd_header_is_refused(saved):
    path, _ = saved
    _with_honest_checksum(path, (2**60).to_bytes(8, "little") + b"{}")
    with pytest.raises(CheckpointError, match="not a safetensors file"):
        read_checkpoint(path)


def test_weights_of_another_architecture_are_refused(saved):
    path, _ = saved
    about = json.loads(path.with_suffix(".json").read_text())
    about["architecture"] = "DialogueGPT"
    del about["config"]["dropout"], about["config"]["word_dropout"]
    path.with_suffix(".json").write_text(json.dumps(about))
    with pytest.raises(CheckpointError, match="do not fit a DialogueGPT"):
        model_from(read_checkpoint(path))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "json of the run .* is damaged"),
        ("[]", "Expected `object`, got `array`"),
        ('{"architecture": "X", "config": {}, "sha256": "0"}', "damaged"),
    ],
)
def test_a_bad_description_is_refused(saved, text, sentence):
    path, _ = saved
    path.with_suffix(".json").write_text(text)
    with pytest.raises(CheckpointError, match=sentence):
        read_checkpoint(path)


def test_a_missing_file_is_named(saved):
    path, _ = saved
    path.with_suffix(".safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"one\.safetensors is missing"):
        read_checkpoint(path)


def test_a_model_is_counted_and_loaded_without_the_compiler(with_torch, tmp_path):
    """It would take 2 to 3 seconds of the first page that opens a model."""
    code = """
import sys
from core.models import zoo
from core.models.checkpoint import model_from, read_checkpoint
from core.models.registry import build, parameter_count
from core.system.meta_device import shapes_only
checkpoint = read_checkpoint(zoo.find_model("vit-shapes").weights)
with shapes_only():
    counted = build(checkpoint.architecture, checkpoint.config)
assert all(w.is_meta for w in counted.parameters())
assert parameter_count(counted) == parameter_count(model_from(checkpoint))
loaded = {"torch._dynamo", "sympy"} & sys.modules.keys()
assert not loaded, f"of the compiler was loaded: {loaded}"
"""
    with_torch.run(code, tmp_path)
