"""Qwen2 (`Qwen2ForCausalLM`, also Qwen2.5): a Llama with biases on queries, keys and values.

Source: Yang et al. 2024, "Qwen2 Technical Report", section 2.2.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.models.pretrained.family import require
from core.models.pretrained.llama import LLAMA_FAMILY, LlamaConfig, read_sizes


def read(config: Mapping[str, Any]) -> LlamaConfig:
    """config.json of a Qwen2. Errors: ValueError for a variant that computes something else."""
    require(config, hidden_act="silu", use_sliding_window=False)
    return read_sizes(config, bias=True, out_bias=False)


QWEN2_FAMILY = replace(LLAMA_FAMILY, names=("Qwen2ForCausalLM",), read=read)
