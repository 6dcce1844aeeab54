"""Every family computes what transformers computes, from the files that transformers writes."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.data.locations import drain
from core.interpret.trace import attention_only, fused_logits, trace
from core.models import load_model
from core.models.pretrained import sources
from tests.models.pretrained.saved import LLAMA3, VOCABULARY, random_model, save

CLOSE = {"rtol": 0.0, "atol": 1e-4}
TEXT = [
    ("GPT2", {}),
    ("GPT2", {"tie_word_embeddings": False, "activation_function": "gelu", "n_inner": None}),
    ("GPT2", {"layer_norm_epsilon": 1e-2, "activation_function": "relu"}),
    ("Llama", {}),
    ("Llama", {"num_key_value_heads": 6, "tie_word_embeddings": True, "rms_norm_eps": 1e-2}),
    ("Llama", {"num_key_value_heads": 1, "attention_bias": True, "head_dim": 10}),
    ("Llama", {"num_attention_heads": 9, "num_key_value_heads": 3, "rope_theta": 1e5}),
    ("Llama", {"rope_parameters": LLAMA3, "head_dim": 16}),
    ("Qwen2", {}),
    ("Qwen2", {"num_key_value_heads": 3, "tie_word_embeddings": True}),
]
PICTURES = [
    ("ViT", {}),
    ("ViT", {"qkv_bias": False, "num_channels": 1, "layer_norm_eps": 1e-3}),
    ("ViT", {"num_labels": 2, "hidden_act": "relu", "patch_size": 20}),
    ("DeiT", {}),
]


def stored(theirs: Any, tmp_path: Path, name: str = "real", **how: Any) -> Any:
    """Saved by transformers, stored and loaded by us."""
    folder = save(theirs, tmp_path / "files" / name, **how)
    drain(sources.obtain(str(folder), name))
    return load_model(name)


def ids(length: int = 23, batch: int = 2) -> torch.Tensor:
    return torch.randint(0, VOCABULARY, (batch, length), generator=torch.Generator().manual_seed(1))


def images(theirs: Any) -> torch.Tensor:
    config, random = theirs.config, torch.Generator().manual_seed(1)
    return torch.rand(
        2, config.num_channels, config.image_size, config.image_size, generator=random
    )


def require_equal(theirs: Any, ours: Any, inputs: torch.Tensor) -> None:
    """The logits and every attention map."""
    with torch.no_grad():
        expected = theirs(inputs, output_attentions=True)
        logits, alphas = ours(inputs, return_attn=True)
        assert ours(inputs)[1] is None
    torch.testing.assert_close(logits, expected.logits, **CLOSE)
    torch.testing.assert_close(alphas, torch.stack(expected.attentions, 1), **CLOSE)
    assert alphas.std() > 0.01, "a uniform map would prove nothing"


@pytest.mark.parametrize(("kind", "changed"), TEXT, ids=str)
def test_a_model_of_text(kind: str, changed: dict[str, Any], tmp_path: Path) -> None:
    theirs = random_model(kind, **changed)
    loaded = stored(theirs, tmp_path)
    assert loaded.entry.kind == "gpt"
    require_equal(theirs, loaded.model, ids())
    assert sum(p.numel() for p in loaded.model.parameters()) == theirs.num_parameters()


@pytest.mark.parametrize(("kind", "changed"), PICTURES, ids=str)
def test_a_model_of_pictures(kind: str, changed: dict[str, Any], tmp_path: Path) -> None:
    theirs = random_model(kind, **changed)
    loaded = stored(theirs, tmp_path)
    assert loaded.entry.kind == "vit"
    require_equal(theirs, loaded.model, images(theirs))
    assert len(loaded.extra["classes"]) == theirs.config.num_labels


@pytest.mark.parametrize("kind", ["GPT2", "Llama", "Qwen2"])
def test_the_lessons_look_into_it_as_into_the_course_model(kind: str, tmp_path: Path) -> None:
    theirs = random_model(kind)
    model, inputs = stored(theirs, tmp_path).model, ids()
    with torch.no_grad():
        expected = theirs(inputs, output_attentions=True, output_hidden_states=True)
    traced = trace(model, inputs)
    torch.testing.assert_close(traced.logits, expected.logits, **CLOSE)
    streams = torch.stack(expected.hidden_states[:-1], 1)  # their last one is normalised
    torch.testing.assert_close(traced.stream[:, :-1], streams, **CLOSE)
    logits, one = attention_only(model, inputs, layer=1, head=2, sample=0)
    torch.testing.assert_close(logits, expected.logits, **CLOSE)
    torch.testing.assert_close(one[:, 0, 0], expected.attentions[1][:1, 2], **CLOSE)
    torch.testing.assert_close(fused_logits(model, inputs), expected.logits, **CLOSE)


@pytest.mark.parametrize("kind", ["GPT2", "Llama", "ViT"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_sixteen_bits_are_read_as_the_numbers_they_are(
    kind: str, dtype: torch.dtype, tmp_path: Path
) -> None:
    theirs = random_model(kind).to(dtype)
    loaded = stored(theirs, tmp_path)
    file = loaded.entry.weights.with_suffix(".safetensors")
    assert {t.dtype for n, t in load_file(file).items() if n != "cls_token"} == {dtype}
    inputs = images(theirs).float() if kind == "ViT" else ids()
    again = type(theirs).from_pretrained(
        tmp_path / "files" / "real", dtype=torch.float32, attn_implementation="eager"
    )
    require_equal(again.eval(), loaded.model, inputs)


@pytest.mark.parametrize("kind", ["GPT2", "Llama"])
def test_shards_and_short_names(kind: str, tmp_path: Path) -> None:
    theirs = random_model(kind)
    shards = save(theirs, tmp_path / "shards", max_shard_size="30KB")
    assert len(list(shards.glob("*.safetensors"))) > 2
    drain(sources.obtain(str(shards), "sharded"))
    require_equal(theirs, load_model("sharded").model, ids())

    short = save(theirs, tmp_path / "short")
    prefix = "transformer." if kind == "GPT2" else "model."
    tensors = load_file(short / "model.safetensors")
    renamed = {name.removeprefix(prefix): tensor.clone() for name, tensor in tensors.items()}
    assert renamed.keys() != tensors.keys()
    save_file(renamed, short / "model.safetensors")
    drain(sources.obtain(str(short), "short"))
    require_equal(theirs, load_model("short").model, ids())


def test_masks_that_older_files_store_are_left_out(tmp_path: Path) -> None:
    theirs = random_model("GPT2")
    folder = save(theirs, tmp_path / "old")
    tensors = load_file(folder / "model.safetensors")
    tensors["transformer.h.0.attn.bias"] = torch.ones(1, 1, 40, 40)
    tensors["transformer.h.0.attn.masked_bias"] = torch.tensor(-1e4)
    save_file(tensors, folder / "model.safetensors")
    drain(sources.obtain(str(folder), "old"))
    require_equal(theirs, load_model("old").model, ids())
