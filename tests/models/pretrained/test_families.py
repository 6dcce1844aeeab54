"""Every family computes what transformers computes, from the files that transformers writes."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.data.locations import drain
from core.interpret.attribution import gradient_relevance
from core.interpret.block_steps import block_steps
from core.interpret.head_metrics import induction
from core.interpret.head_steps import head_steps
from core.interpret.trace import attention_only, causal_leak, fused_logits, trace
from core.models import load_model
from core.models.pretrained import sources
from tests.models.pretrained.saved import LLAMA3, VOCABULARY, random_model, save
from tests.models.pretrained.stored import llama_of_the_hub

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


def test_a_llama_made_without_transformers_has_the_tensors_that_it_saves(tmp_path: Path) -> None:
    made = llama_of_the_hub(tmp_path / "made")
    saved = save(random_model("Llama"), tmp_path / "saved")
    tensors, theirs = (load_file(folder / "model.safetensors") for folder in (made, saved))
    assert {n: t.shape for n, t in tensors.items()} == {n: t.shape for n, t in theirs.items()}
    config, written = (json.loads((at / "config.json").read_bytes()) for at in (made, saved))
    assert config.items() <= written.items()


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
    traced = trace(loaded.model, images(theirs))
    with torch.no_grad():
        torch.testing.assert_close(traced.logits, theirs(images(theirs)).logits, **CLOSE)
    relevance = gradient_relevance(loaded.model, images(theirs), torch.tensor([0, 1]))
    assert relevance.shape == traced.attention.shape[:1] + traced.attention.shape[-2:]


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
    steps = block_steps(model, traced, layer=1)
    torch.testing.assert_close(steps["masked"].softmax(-1), expected.attentions[1][0], **CLOSE)
    one_head = {step.name: step.value for step in head_steps(model, traced, layer=1, head=2)}
    torch.testing.assert_close(one_head["after"], steps["after"], **CLOSE)
    assert causal_leak(model, inputs[:1], 5, 3)[:5].eq(0).all()
    assert (
        induction(model, torch.Generator().manual_seed(0), 8).shape == traced.attention.shape[1:3]
    )


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


TIMM = {
    "vit.embeddings.": "", "vit.encoder.layer.": "blocks.", "position_embeddings": "pos_embed",
    "patch_embeddings.projection": "patch_embed.proj", "layernorm_before": "norm1",
    "layernorm_after": "norm2", "attention.output.dense": "attn.proj",
    "intermediate.dense": "mlp.fc1", "output.dense": "mlp.fc2", "vit.layernorm": "norm",
    "classifier": "head",
}  # fmt: skip


def timm_names(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors of a ViT of transformers as timm stores them."""
    out = {}
    for name, tensor in tensors.items():
        if ".attention.attention." in name:
            if ".query." in name:
                parts = [name.replace("query", part) for part in ("query", "key", "value")]
                layer, kind = name.split(".")[3], name.split(".")[-1]
                out[f"blocks.{layer}.attn.qkv.{kind}"] = torch.cat([tensors[p] for p in parts])
            continue
        for theirs, timm in TIMM.items():
            name = name.replace(theirs, timm)
        out[name] = tensor.clone()
    return out


def test_the_same_vit_under_the_names_of_timm(tmp_path: Path) -> None:
    theirs = random_model("ViT", intermediate_size=4 * 24, layer_norm_eps=1e-6)
    folder = save(theirs, tmp_path / "timm")
    save_file(timm_names(load_file(folder / "model.safetensors")), folder / "model.safetensors")
    sizes = {"embed_dim": 24, "depth": 3, "num_heads": 3, "patch_size": 5, "img_size": 20}
    config = {
        "architecture": "vit_tiny_patch16_224", "num_classes": 7, "global_pool": "token",
        "model_args": sizes, "pretrained_cfg": {"mean": [0.1, 0.2, 0.3], "std": [1, 1, 1]},
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    drain(sources.obtain(str(folder), "timm"))
    loaded = load_model("timm")
    require_equal(theirs, loaded.model, images(theirs))
    assert loaded.extra["mean"] == [0.1, 0.2, 0.3]


def test_a_distilled_model_of_timm_answers_with_the_mean_of_two_heads(tmp_path: Path) -> None:
    import transformers

    deit = random_model("DeiT", intermediate_size=4 * 24, layer_norm_eps=1e-6)
    torch.manual_seed(4)
    theirs = transformers.DeiTForImageClassificationWithTeacher(deit.config).eval()
    drain(sources.obtain(str(save(theirs, tmp_path / "hf")), "hf"))
    folder = save(theirs, tmp_path / "timm")
    tensors = load_file(folder / "model.safetensors")
    changed = {
        name.replace("deit.", "vit.").replace("cls_classifier", "classifier"): tensor
        for name, tensor in tensors.items()
    }
    named = {
        name.replace("distillation_token", "dist_token").replace(
            "distillation_head", "head_dist"
        ): t
        for name, t in timm_names(changed).items()
    }
    save_file(named, folder / "model.safetensors")
    config = {
        "architecture": "deit_tiny_distilled_patch16_224.fb_in1k", "num_classes": 7,
        "model_args": {
            "embed_dim": 24, "depth": 3, "num_heads": 3, "patch_size": 5, "img_size": 20
        },
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    drain(sources.obtain(str(folder), "timm"))
    with torch.no_grad():
        expected = theirs(images(theirs)).logits
        for name in ("hf", "timm"):
            logits, alphas = load_model(name).model(images(theirs), return_attn=True)
            torch.testing.assert_close(logits, expected, **CLOSE)
            assert alphas.shape[-1] == 18  # class, distilled and 16 patches


@pytest.mark.parametrize(
    "changed",
    [{"architecture": "swin_tiny"}, {"global_pool": "avg"}, {"model_args": {"init_values": 1e-5}}],
    ids=str,
)
def test_other_models_of_timm_are_refused(changed: dict[str, Any], tmp_path: Path) -> None:
    folder = save(random_model("ViT"), tmp_path / "timm")
    config = {"architecture": "vit_tiny_patch16_224", "num_classes": 7, **changed}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match=r"supported"):
        drain(sources.obtain(str(folder), "timm"))
