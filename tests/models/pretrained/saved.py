"""Small random models as transformers saves them, with a tokenizer that fits."""

import json
import os
from pathlib import Path
from typing import Any

import torch

from tests.models.pretrained.stored import LLAMA, VOCABULARY, tokenizer_json

os.environ["TRANSFORMERS_VERBOSITY"] = "critical"

GPT2 = {"n_embd": 30, "n_layer": 3, "n_head": 5, "n_positions": 40, "n_inner": 44}
VIT = {
    "hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 3, "num_attention_heads": 3,
    "image_size": 20, "patch_size": 5, "num_labels": 7,
}  # fmt: skip
LLAMA3 = {
    "rope_type": "llama3", "rope_theta": 5e5, "factor": 8.0, "low_freq_factor": 1.0,
    "high_freq_factor": 4.0, "original_max_position_embeddings": 32,
}  # fmt: skip


def random_model(kind: str, seed: int = 0, **changed: Any) -> Any:
    """A model of transformers with weights so large that attention is far from uniform."""
    import transformers  # here: only the tests that save one need its second

    transformers.utils.logging.disable_progress_bar()
    sizes = {"GPT2": GPT2, "Llama": LLAMA, "Qwen2": LLAMA, "ViT": VIT, "DeiT": VIT}[kind]
    ends = {"bos_token_id": 0, "eos_token_id": 1}
    text = {"vocab_size": VOCABULARY, **ends} if kind not in ("ViT", "DeiT") else {}
    config = getattr(transformers, f"{kind}Config")(
        **{**sizes, **text, **changed}, attn_implementation="eager"
    )
    what = {"GPT2": "LMHeadModel", "ViT": "ForImageClassification"}
    what |= {"DeiT": "ForImageClassification"}
    torch.manual_seed(seed)
    model = getattr(transformers, kind + what.get(kind, "ForCausalLM"))(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.15 * torch.randn_like(parameter))
    return model


def save(model: Any, folder: Path, **how: Any) -> Path:
    """The model as `save_pretrained` writes it, with the tokenizer."""
    model.save_pretrained(folder, **how)
    if "vocab_size" in model.config.to_dict():
        (folder / "tokenizer.json").write_text(tokenizer_json(), encoding="utf-8")
    return folder


def change_config(folder: Path, **values: Any) -> None:
    """Other settings in config.json; None removes one."""
    path = folder / "config.json"
    config = {**json.loads(path.read_text()), **values}
    path.write_text(json.dumps({k: v for k, v in config.items() if v is not None}))
