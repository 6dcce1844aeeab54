"""A GGUF file as a source: its header says what config.json says, its numbers are dequantised.

The rows of a Llama's queries and keys are stored with the pairs (2i, 2i + 1) side by side and are
put back to the order (i, i + n/2) of rotary.py. Sources: the GGUF specification of ggml;
llama.cpp, convert_hf_to_gguf.py, `permute`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.data.locations import sha256_of
from core.models.pretrained.files import Source, read_tokenizer
from core.models.pretrained.gguf_bounds import require_bounded
from core.models.pretrained.tokens import byte_level_json

LLAMA_SIZES = {
    "vocab_size": "vocab_size",
    "context_length": "max_position_embeddings",
    "embedding_length": "hidden_size",
    "feed_forward_length": "intermediate_size",
    "block_count": "num_hidden_layers",
    "attention.head_count": "num_attention_heads",
    "attention.head_count_kv": "num_key_value_heads",
    "attention.key_length": "head_dim",
    "attention.layer_norm_rms_epsilon": "rms_norm_eps",
    "rope.freq_base": "rope_theta",
}
GPT2_SIZES = {
    "vocab_size": "vocab_size",
    "context_length": "n_positions",
    "embedding_length": "n_embd",
    "feed_forward_length": "n_inner",
    "block_count": "n_layer",
    "attention.head_count": "n_head",
    "attention.layer_norm_epsilon": "layer_norm_epsilon",
}
LLAMA_NAMES = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
    "blk.{i}.attn_norm": "model.layers.{i}.input_layernorm",
    "blk.{i}.attn_q": "model.layers.{i}.self_attn.q_proj",
    "blk.{i}.attn_k": "model.layers.{i}.self_attn.k_proj",
    "blk.{i}.attn_v": "model.layers.{i}.self_attn.v_proj",
    "blk.{i}.attn_output": "model.layers.{i}.self_attn.o_proj",
    "blk.{i}.ffn_norm": "model.layers.{i}.post_attention_layernorm",
    "blk.{i}.ffn_gate": "model.layers.{i}.mlp.gate_proj",
    "blk.{i}.ffn_up": "model.layers.{i}.mlp.up_proj",
    "blk.{i}.ffn_down": "model.layers.{i}.mlp.down_proj",
}
GPT2_NAMES = {
    "token_embd": "transformer.wte",
    "position_embd": "transformer.wpe",
    "output_norm": "transformer.ln_f",
    "output": "lm_head",
    "blk.{i}.attn_norm": "transformer.h.{i}.ln_1",
    "blk.{i}.attn_qkv": "transformer.h.{i}.attn.c_attn",
    "blk.{i}.attn_output": "transformer.h.{i}.attn.c_proj",
    "blk.{i}.ffn_norm": "transformer.h.{i}.ln_2",
    "blk.{i}.ffn_up": "transformer.h.{i}.mlp.c_fc",
    "blk.{i}.ffn_down": "transformer.h.{i}.mlp.c_proj",
}
# general.architecture -> the family, its settings, its names
KNOWN = {
    "llama": ("LlamaForCausalLM", LLAMA_SIZES, LLAMA_NAMES),
    "qwen2": ("Qwen2ForCausalLM", LLAMA_SIZES, LLAMA_NAMES),
    "gpt2": ("GPT2LMHeadModel", GPT2_SIZES, GPT2_NAMES),
}
SPECIAL = 3  # the token type of control tokens


class GGUFTensors:
    """The tensors of a GGUF file under Hugging Face's names, dequantised when asked for."""

    def __init__(self, tensors: list[Any], names: dict[str, str], heads: dict[str, int]):
        self._heads = heads
        self._tensors = {_their_name(t.name, names): t for t in tensors}
        self._conv1d = names is GPT2_NAMES

    def width(self) -> int:
        """Dequantised numbers have 32 bits."""
        return 4

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each tensor; GGUF lists the axes in the opposite order."""
        shapes = {}
        for name, tensor in self._tensors.items():
            shape = tuple(int(size) for size in reversed(tensor.shape))
            shapes[name] = shape[::-1] if self._transpose(name) else shape
        return shapes

    def _transpose(self, name: str) -> bool:
        """Whether Hugging Face stores this linear layer of a GPT-2 as (in, out)."""
        return self._conv1d and ".c_" in name and name.endswith(".weight")

    def get(self, name: str) -> Tensor:
        """One tensor in fp32."""
        from gguf.quants import dequantize

        tensor = self._tensors[name]
        numbers = np.asarray(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
        array = torch.from_numpy(np.array(numbers))  # a copy: the file is closed later
        for part, heads in self._heads.items():
            if f".{part}_proj." in name:
                pairs = array.unflatten(0, (heads, -1, 2))
                array = pairs.transpose(1, 2).flatten(0, 2)
        return array.T if self._transpose(name) else array


def _their_name(name: str, names: dict[str, str]) -> str:
    stem, _, kind = name.rpartition(".")
    block = re.match(r"blk\.(\d{1,4})\.", stem)
    known = names.get(re.sub(r"^blk\.\d+\.", "blk.{i}.", stem))
    if known is None:
        return name
    return f"{known.replace('{i}', block[1]) if block else known}.{kind}"


def read(path: Path, origin: str, licence: str = "") -> Source:
    """What a GGUF file holds; a tokenizer.json beside it takes precedence.

    Errors: ValueError, one sentence: damaged, or of a family that is not supported.
    """
    import gguf

    try:
        require_bounded(path)
        file = gguf.GGUFReader(path)
        header = {name: part for name, part in file.fields.items() if part.data}
        values = _Header(header)
        architecture = values.get("general.architecture")
    except Exception as error:  # the reader fails in many ways on other files
        raise ValueError(f"{path.name} is incomplete or no GGUF file; get it again.") from error
    if architecture not in KNOWN:
        raise ValueError(
            f"{path.name} is a {str(architecture)[:60]!r}, which cannot be opened; supported GGUF "
            f"files are {', '.join(KNOWN)}."
        )
    family, sizes, names = KNOWN[architecture]
    config: dict[str, Any] = {"architectures": [family]}
    for theirs, ours in sizes.items():
        if (value := values.get(f"{architecture}.{theirs}")) is not None:
            config[ours] = value
    tokens = values.get("tokenizer.ggml.tokens") or []
    config.setdefault("vocab_size", len(tokens))
    _require_plain(values, architecture)
    tensors = {tensor.name for tensor in file.tensors}
    config["tie_word_embeddings"] = "output.weight" not in tensors
    heads: dict[str, Any] = {}
    if architecture == "llama":
        count = config.get("num_attention_heads")
        heads = {"q": count, "k": config.get("num_key_value_heads", count)}
    return Source(
        config=config,
        tensors=GGUFTensors(
            [t for t in file.tensors if t.name != "rope_freqs.weight"], names, heads
        ),
        tokenizer=read_tokenizer(path.parent) or _tokenizer(values, tokens, path.name),
        origin=origin,
        licence=licence or str(values.get("general.license") or ""),
        checksum=sha256_of(path),
    )


class _Header:
    """The values of a GGUF header as plain Python."""

    def __init__(self, fields: dict[str, Any]):
        self._fields = fields

    def get(self, name: str) -> Any:
        """The value, or None when the header lacks it."""
        return self._fields[name].contents() if name in self._fields else None


def _require_plain(values: _Header, architecture: str) -> None:
    kind = values.get(f"{architecture}.rope.scaling.type")
    if kind not in (None, "none"):
        raise ValueError(
            f"The GGUF file has rotary positions of the type {str(kind)[:40]!r}, which is not "
            "supported; open the safetensors files of the model instead."
        )


def _tokenizer(values: _Header, tokens: list[str], name: str) -> str:
    """tokenizer.json from the header. Errors: ValueError for one that is not byte-level."""
    kind = values.get("tokenizer.ggml.model")
    merges = values.get("tokenizer.ggml.merges")
    if kind != "gpt2" or not merges:
        raise ValueError(
            f"{name} has a tokenizer of the kind {str(kind)[:40]!r}; put the model's "
            "tokenizer.json beside it."
        )
    types = values.get("tokenizer.ggml.token_type") or []
    special = [token for token, what in zip(tokens, types, strict=False) if what == SPECIAL]
    ids = {token: i for i, token in enumerate(tokens)}
    return byte_level_json(ids, merges, special, values.get("tokenizer.ggml.pre") or "default")
