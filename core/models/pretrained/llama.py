"""Llama (`LlamaForCausalLM`: SmolLM2, TinyLlama, Llama 2 and 3).

    x = E[token]                                        positions: rotations in rotary.py
    x = x + attn(RMSNorm(x))
    x = x + W_down (silu(W_gate RMSNorm(x)) ⊙ W_up RMSNorm(x))         SwiGLU
    logits = W RMSNorm(x)                               W = E where the head is tied

Sources: Touvron et al. 2023, "LLaMA: Open and Efficient Foundation Language Models", section 2.2;
Zhang & Sennrich 2019, "Root Mean Square Layer Normalization", eq. 4; Shazeer 2020, "GLU Variants
Improve Transformer", eq. 6.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import silu

from core.config.model_config import Config, require_between, require_positive_int
from core.gpt import DialogueGPT
from core.models.pretrained.family import Family, require, same, setting, stacked
from core.models.pretrained.rotary import RotaryAttention, Rotation
from core.transformer import AttentionResidual, Transformer


@dataclass(frozen=True)
class LlamaConfig(Config):
    """Sizes in the course's names; num_kv_heads: G of rotary.py; rope_…: see `Rotation`."""

    vocab_size: int
    max_N: int
    dim: int
    attn_dim: int
    mlp_dim: int
    num_heads: int
    num_kv_heads: int
    num_layers: int
    norm_eps: float = 1e-6
    tied: bool = False
    qkv_bias: bool = False
    out_bias: bool = False
    rope_base: float = 10_000.0
    rope_factor: float = 1.0
    rope_low: float = 1.0
    rope_high: float = 4.0
    rope_original: int = 8_192

    def __post_init__(self) -> None:
        require_positive_int(
            vocab_size=self.vocab_size, max_position_embeddings=self.max_N, hidden_size=self.dim,
            head_dim=self.attn_dim, intermediate_size=self.mlp_dim,
            num_attention_heads=self.num_heads, num_key_value_heads=self.num_kv_heads,
            num_hidden_layers=self.num_layers, original_max_position_embeddings=self.rope_original,
        )  # fmt: skip
        require_between(1e-12, 1e-1, rms_norm_eps=self.norm_eps)
        require_between(1.0, 1e12, rope_theta=self.rope_base)
        require_between(1.0, 1e6, rope_factor=self.rope_factor, high_freq_factor=self.rope_high)
        require_between(1e-6, self.rope_high, low_freq_factor=self.rope_low)
        if self.num_heads % self.num_kv_heads:
            raise ValueError(
                f"config.json has {self.num_heads} heads, which its {self.num_kv_heads} heads of "
                "keys and values do not divide."
            )
        if self.attn_dim % 2:
            raise ValueError(
                f"config.json has head_dim {self.attn_dim}, but rotary positions need an even one."
            )


class RMSNorm(nn.Module):
    """w ⊙ x / √(mean(x²) + ε): LayerNorm without the mean and without a bias."""

    def __init__(self, dim: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """x: (..., dim) -> (..., dim)."""
        return self.weight * (x * (x.square().mean(-1, keepdim=True) + self.eps).rsqrt())


class SwiGLU(nn.Module):
    """RMSNorm, then W_down (silu(W_gate x) ⊙ W_up x), on every token by itself."""

    def __init__(self, dim: int, n_hidden: int, eps: float):
        super().__init__()
        self.norm = RMSNorm(dim, eps)
        self.gate = nn.Linear(dim, n_hidden, bias=False)
        self.up = nn.Linear(dim, n_hidden, bias=False)
        self.down = nn.Linear(n_hidden, dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """x: (..., dim) -> (..., dim)."""
        x = self.norm(x)
        out: Tensor = self.down(silu(self.gate(x)) * self.up(x))
        return out


class LlamaBlock(AttentionResidual):
    """x = x + attn(RMSNorm(x)), then x = x + SwiGLU(x)."""

    def __init__(self, dim: int, mlp_dim: int, eps: float, attn: RotaryAttention):
        nn.Module.__init__(self)
        self.norm = RMSNorm(dim, eps)
        self.attn = attn
        self.ffn = SwiGLU(dim, mlp_dim, eps)  # type: ignore[assignment]

    def attention_input(self, x: Tensor) -> Tensor:
        """What the heads read of the stream: RMSNorm(x)."""
        normed: Tensor = self.norm(x)
        return normed


class Llama(DialogueGPT):
    """A `DialogueGPT` with the blocks of a Llama: nothing is added to a token for its position."""

    def __init__(
        self, vocab_size: int, max_N: int, dim: int, attn_dim: int, mlp_dim: int, num_heads: int,
        num_kv_heads: int, num_layers: int, norm_eps: float, tied: bool, qkv_bias: bool,
        out_bias: bool, rope_base: float, rope_factor: float, rope_low: float, rope_high: float,
        rope_original: int,
    ):  # fmt: skip
        nn.Module.__init__(self)
        self.max_N = max_N
        self.token_embed = nn.Embedding(vocab_size, dim)
        rotation = Rotation(rope_base, rope_factor, rope_low, rope_high, rope_original)
        self.transformer = Transformer(dim, attn_dim, mlp_dim, num_heads, num_layers=0)
        for _ in range(num_layers):
            attn = RotaryAttention(
                dim, attn_dim, num_heads, num_kv_heads, rotation, qkv_bias, out_bias
            )
            self.transformer.layers.append(LlamaBlock(dim, mlp_dim, norm_eps, attn))
        self.head = nn.Sequential(RMSNorm(dim, norm_eps), nn.Linear(dim, vocab_size, bias=False))
        if tied:
            self.head[1].weight = self.token_embed.weight

    def positions(self, tokens: int) -> Tensor:
        """Zeros (tokens, 1): positions are rotations inside attention, up to max_N tokens."""
        if tokens > self.max_N:
            raise ValueError(
                f"This model reads at most {self.max_N} tokens, but was given {tokens}; "
                "shorten the text."
            )
        return self.token_embed.weight.new_zeros(tokens, 1)


def read(config: Mapping[str, Any]) -> LlamaConfig:
    """config.json of a Llama. Errors: ValueError for a variant that computes something else."""
    require(config, hidden_act="silu", mlp_bias=False)
    return read_sizes(config, bias=bool(setting(config, "attention_bias", default=False)))


def read_sizes(config: Mapping[str, Any], bias: bool, out_bias: bool | None = None) -> LlamaConfig:
    """The sizes, which Llama and its relatives state in the same words."""
    dim, heads = setting(config, "hidden_size"), setting(config, "num_attention_heads")
    require_positive_int(hidden_size=dim, num_attention_heads=heads)
    return LlamaConfig(
        vocab_size=setting(config, "vocab_size"),
        max_N=setting(config, "max_position_embeddings"),
        dim=dim,
        attn_dim=setting(config, "head_dim", default=max(1, dim // heads)),
        mlp_dim=setting(config, "intermediate_size"),
        num_heads=heads,
        num_kv_heads=setting(config, "num_key_value_heads", default=heads),
        num_layers=setting(config, "num_hidden_layers"),
        norm_eps=setting(config, "rms_norm_eps", default=1e-6),
        tied=bool(setting(config, "tie_word_embeddings", default=False)),
        qkv_bias=bias,
        out_bias=bias if out_bias is None else out_bias,
        **_rotation(config),
    )


def _rotation(config: Mapping[str, Any]) -> dict[str, Any]:
    """θ and, for Llama 3, how slow frequencies are stretched; files name them in two ways."""
    rope = setting(config, "rope_parameters", "rope_scaling", default={})
    if not isinstance(rope, Mapping):
        raise ValueError("config.json has rope_parameters that are not a table of settings.")
    base = setting(rope, "rope_theta", default=setting(config, "rope_theta", default=10_000.0))
    kind = setting(rope, "rope_type", "type", default="default")
    if kind == "default":
        return {"rope_base": base}
    if kind != "llama3":
        raise ValueError(
            f"config.json has rotary positions of the type {str(kind)[:60]!r}; supported are "
            "'default' and 'llama3'."
        )
    return {
        "rope_base": base,
        "rope_factor": setting(rope, "factor"),
        "rope_low": setting(rope, "low_freq_factor"),
        "rope_high": setting(rope, "high_freq_factor"),
        "rope_original": setting(rope, "original_max_position_embeddings"),
    }


BLOCK, THEIRS = "transformer.layers.{i}.", "model.layers.{i}."
QKV = tuple(f"{THEIRS}self_attn.{part}_proj." for part in "qkv")
KEYS = {
    "token_embed.weight": (same, "model.embed_tokens.weight"),
    BLOCK + "norm.weight": (same, THEIRS + "input_layernorm.weight"),
    BLOCK + "attn.qkv.weight": (stacked, *(part + "weight" for part in QKV)),
    BLOCK + "attn.qkv.bias": (stacked, *(part + "bias" for part in QKV)),
    BLOCK + "attn.project_layer.weight": (same, THEIRS + "self_attn.o_proj.weight"),
    BLOCK + "attn.project_layer.bias": (same, THEIRS + "self_attn.o_proj.bias"),
    BLOCK + "ffn.norm.weight": (same, THEIRS + "post_attention_layernorm.weight"),
    BLOCK + "ffn.gate.weight": (same, THEIRS + "mlp.gate_proj.weight"),
    BLOCK + "ffn.up.weight": (same, THEIRS + "mlp.up_proj.weight"),
    BLOCK + "ffn.down.weight": (same, THEIRS + "mlp.down_proj.weight"),
    "head.0.weight": (same, "model.norm.weight"),
    "head.1.weight": (same, "lm_head.weight"),
}
LLAMA_FAMILY = Family(
    names=("LlamaForCausalLM",),
    kind="gpt",
    read=read,
    config=LlamaConfig,
    model=Llama,
    keys=KEYS,
    prefix="model.",
    unused=r"(model\.)?layers\.\d+\.self_attn\.rotary_emb\.inv_freq",
)
