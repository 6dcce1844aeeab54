"""Small random real models written straight into the data folder, without transformers."""

from dataclasses import asdict, replace
from typing import Any

import torch

from core.bpe import BYTE_OF
from core.data.locations import drain
from core.models.pretrained import store
from core.models.pretrained.families import family_named
from core.models.pretrained.gpt2 import GPT2Config
from core.models.pretrained.llama import LlamaConfig
from core.models.pretrained.tokens import byte_level_json
from core.models.zoo import ModelEntry

VOCABULARY = 262  # the bytes, four merges and two special tokens
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
