"""Small random real models, stored or as the hub has them, written without transformers."""

import json
import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from core.bpe import BYTE_OF
from core.data.locations import drain
from core.models.pretrained import store
from core.models.pretrained.families import family_named
from core.models.pretrained.gpt2 import GPT2Config
from core.models.pretrained.llama import LlamaConfig
from core.models.pretrained.tokens import byte_level_json
from core.models.zoo import ModelEntry

os.environ["HF_HUB_OFFLINE"] = "1"  # no test asks it

VOCABULARY = 262  # the bytes, four merges and two special tokens
LLAMA = {
    "hidden_size": 36, "intermediate_size": 50, "num_hidden_layers": 3, "num_attention_heads": 6,
    "num_key_value_heads": 2, "max_position_embeddings": 64,
}  # fmt: skip
CONFIGS: dict[str, Any] = {
    "LlamaForCausalLM": LlamaConfig(
        vocab_size=264, max_N=64, dim=36, attn_dim=6, mlp_dim=50, num_heads=6, num_kv_heads=2,
        num_layers=3, tied=True,
    ),
    "Qwen2ForCausalLM": LlamaConfig(
        vocab_size=264, max_N=64, dim=36, attn_dim=6, mlp_dim=50, num_heads=6, num_kv_heads=3,
        num_layers=3, qkv_bias=True,
    ),
    "GPT2LMHeadModel": GPT2Config(
        vocab_size=264, max_N=40, dim=30, attn_dim=6, mlp_dim=44, num_heads=5, num_layers=3,
        norm_eps=1e-5, gelu="gelu_new", tied=True,
    ),
}  # fmt: skip


def tokenizer_json() -> str:
    """A byte-level BPE of 262 tokens."""
    words = ["<|endoftext|>", "<|im_end|>", *sorted(BYTE_OF)]
    merges = ["t h", "th e", "Ġ the", "a n"]
    words += [merge.replace(" ", "") for merge in merges]
    return byte_level_json({w: i for i, w in enumerate(words)}, merges, words[:2])


def write(
    name: str, architecture: str = "LlamaForCausalLM", seed: int = 0, **changed: Any
) -> ModelEntry:
    """A model of that architecture, stored; its weights are so large that attention differs."""
    config = replace(CONFIGS[architecture], **changed)
    torch.manual_seed(seed)
    model = family_named(architecture).model(**asdict(config))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.15 * torch.randn_like(parameter))
    tensors = {n: p.detach().clone() for n, p in model.named_parameters()}
    extra = {
        "kind": "gpt", "origin": f"random numbers, seed {seed}", "licence": "", "source_sha256": "",
        "parameters": sum(t.numel() for t in tensors.values()),
    }  # fmt: skip
    return drain(store.write(name, architecture, config, tensors, tokenizer_json(), extra))


def llama_of_the_hub(folder: Path) -> Path:
    """A Llama of the sizes LLAMA in the files, names and shapes that the hub has."""
    config = {**LLAMA, "architectures": ["LlamaForCausalLM"], "vocab_size": VOCABULARY}
    dim, mlp_dim, layers, heads, groups, _ = LLAMA.values()
    keys, ends = dim // heads * groups, (VOCABULARY, dim)
    shapes = {"model.embed_tokens": ends, "model.norm": (dim,), "lm_head": ends}
    for layer in range(layers):
        block = {
            "self_attn.q_proj": (dim, dim), "self_attn.k_proj": (keys, dim),
            "self_attn.v_proj": (keys, dim), "self_attn.o_proj": (dim, dim),
            "mlp.gate_proj": (mlp_dim, dim), "mlp.up_proj": (mlp_dim, dim),
            "mlp.down_proj": (dim, mlp_dim),
            "input_layernorm": (dim,), "post_attention_layernorm": (dim,),
        }  # fmt: skip
        shapes |= {f"model.layers.{layer}.{name}": shape for name, shape in block.items()}
    folder.mkdir(parents=True)
    tensors = {f"{name}.weight": torch.randn(shape) for name, shape in shapes.items()}
    save_file(tensors, folder / "model.safetensors")
    for name, text in (("config", json.dumps(config)), ("tokenizer", tokenizer_json())):
        (folder / f"{name}.json").write_text(text, encoding="utf-8", newline="\n")
    return folder
