"""GPT-2 (`GPT2LMHeadModel`: gpt2, gpt2-medium …, distilgpt2).

    x = E[token] + P[position]
    x = x + attn(LayerNorm(x))
    x = x + W_2 gelu(W_1 LayerNorm(x))        gelu by its tanh approximation
    logits = E LayerNorm(x)                   the head's weights are the token embeddings

Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section 2.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from core.config.model_config import Config, require_between, require_positive_int
from core.gpt import DialogueGPT
from core.models.prenorm import PreNormBlock, PreNormTransformer
from core.models.pretrained.family import Family, activation, require, same, setting, transposed


@dataclass(frozen=True)
class GPT2Config(Config):
    """Sizes in the course's names; norm_eps: ε of the LayerNorms; tied: head = embeddings."""

    vocab_size: int
    max_N: int
    dim: int
    attn_dim: int
    mlp_dim: int
    num_heads: int
    num_layers: int
    norm_eps: float = 1e-5
    gelu: str = "gelu_new"
    tied: bool = True

    def __post_init__(self) -> None:
        sizes = (self.vocab_size, self.max_N, self.dim, self.attn_dim, self.mlp_dim)
        names = ("vocab_size", "n_positions", "n_embd", "n_embd / n_head", "n_inner")
        require_positive_int(**dict(zip(names, sizes, strict=True)))
        require_positive_int(n_head=self.num_heads, n_layer=self.num_layers)
        require_between(1e-12, 1e-1, layer_norm_epsilon=self.norm_eps)


class GPT2(DialogueGPT):
    """A `DialogueGPT` with pre-norm blocks, exact ε and activation, and a head without a bias."""

    def __init__(
        self, vocab_size: int, max_N: int, dim: int, attn_dim: int, mlp_dim: int,
        num_heads: int, num_layers: int, norm_eps: float, gelu: str, tied: bool,
    ):  # fmt: skip
        super().__init__(vocab_size, max_N, dim, attn_dim, mlp_dim, num_heads, num_layers=0)
        self.transformer = prenorm_blocks(
            dim, attn_dim, mlp_dim, num_heads, num_layers, norm_eps, gelu
        )
        self.head = nn.Sequential(
            nn.LayerNorm(dim, norm_eps), nn.Linear(dim, vocab_size, bias=False)
        )
        if tied:
            self.head[1].weight = self.token_embed.weight


def prenorm_blocks(
    dim: int, attn_dim: int, mlp_dim: int, num_heads: int, num_layers: int, eps: float, gelu: str
) -> PreNormTransformer:
    """The blocks of core/models/prenorm.py with this ε in every LayerNorm and this activation."""
    blocks = PreNormTransformer(dim, attn_dim, mlp_dim, num_heads, num_layers, dropout=0.0)
    for block in blocks.layers:
        assert isinstance(block, PreNormBlock)
        block.norm.eps = eps
        block.ffn[0] = nn.LayerNorm(dim, eps)
        block.ffn[2] = activation(gelu)
    return blocks


def read(config: Mapping[str, Any]) -> GPT2Config:
    """config.json of GPT-2. Errors: ValueError for a variant that computes something else."""
    require(
        config, scale_attn_weights=True, scale_attn_by_inverse_layer_idx=False,
        reorder_and_upcast_attn=False, add_cross_attention=False,
    )  # fmt: skip
    dim, heads = setting(config, "n_embd"), setting(config, "n_head")
    require_positive_int(n_embd=dim, n_head=heads)
    if dim % heads:
        raise ValueError(f"config.json has n_embd {dim}, which its n_head {heads} do not divide.")
    return GPT2Config(
        vocab_size=setting(config, "vocab_size"),
        max_N=setting(config, "n_positions", "n_ctx"),
        dim=dim,
        attn_dim=dim // heads,
        mlp_dim=setting(config, "n_inner", default=4 * dim),
        num_heads=heads,
        num_layers=setting(config, "n_layer"),
        norm_eps=setting(config, "layer_norm_epsilon", default=1e-5),
        gelu=setting(config, "activation_function", default="gelu_new"),
        tied=bool(setting(config, "tie_word_embeddings", default=True)),
    )


BLOCK, THEIRS = "transformer.layers.{i}.", "transformer.h.{i}."
LAYERS = {
    **{"norm": (same, "ln_1"), "ffn.0": (same, "ln_2")},
    **{"attn.qkv": (transposed, "attn.c_attn"), "attn.project_layer": (transposed, "attn.c_proj")},
    **{"ffn.1": (transposed, "mlp.c_fc"), "ffn.3": (transposed, "mlp.c_proj")},
}
GPT2_FAMILY = Family(
    names=("GPT2LMHeadModel",),
    kind="gpt",
    read=read,
    config=GPT2Config,
    model=GPT2,
    prefix="transformer.",
    unused=r"(transformer\.)?h\.\d+\.attn\.(masked_)?bias",  # the causal mask, as numbers
    keys={
        "token_embed.weight": (same, "transformer.wte.weight"),
        "pos_embed.weight": (same, "transformer.wpe.weight"),
        "head.0.weight": (same, "transformer.ln_f.weight"),
        "head.0.bias": (same, "transformer.ln_f.bias"),
        "head.1.weight": (same, "lm_head.weight"),
        **{
            f"{BLOCK}{ours}.{part}": (
                linear if part == "weight" else same,
                f"{THEIRS}{name}.{part}",
            )
            for ours, (linear, name) in LAYERS.items()
            for part in ("weight", "bias")
        },
    },
)
