"""From the course's GPT to a Llama, one part at a time; the sixth step changes only the tokens.

    step  what is replaced                       model
    0     nothing                                `DialogueGPT`
    1     attention reads LayerNorm(x)           `PreNormGPT`
    2     LayerNorm by RMSNorm                   `RMSNormGPT`
    3     learned by rotary positions            `RotaryGPT`
    4     GELU by SwiGLU, as many weights        `Llama` with G = H
    5     G = H by G = H/3 heads of k and v      `Llama`
    6     words by byte pairs                    `Llama`

Biases go with the part that they belong to: a Llama has none. The parts are those of
core/models/prenorm.py and core/models/pretrained/, which also compute real models.
"""

from typing import cast

import torch
from torch import Tensor, nn

from core.gpt import DialogueGPT
from core.models.prenorm import PreNormBlock, PreNormTransformer
from core.models.pretrained.llama import Llama, RMSNorm
from core.models.pretrained.rotary import RotaryAttention, Rotation
from core.system.meta_device import shapes_only

SIZES = {"max_N": 64, "dim": 96, "attn_dim": 16, "mlp_dim": 384, "num_heads": 6, "num_layers": 3}
KV_HEADS, EPS = 2, 1e-5
STEPS = range(7)


class PreNormGPT(DialogueGPT):
    """x = x + attn(LayerNorm(x)) in every block: the course's GPT with one more norm a block."""

    def __init__(
        self, vocab_size: int, max_N: int, dim: int, attn_dim: int, mlp_dim: int, num_heads: int,
        num_layers: int,
    ):  # fmt: skip
        super().__init__(vocab_size, max_N, dim, attn_dim, mlp_dim, num_heads, num_layers=0)
        self.transformer = PreNormTransformer(
            dim, attn_dim, mlp_dim, num_heads, num_layers, dropout=0.0
        )

    @property
    def blocks(self) -> list[PreNormBlock]:
        """The blocks, in order."""
        return [cast(PreNormBlock, block) for block in self.transformer.layers]


class RMSNormGPT(PreNormGPT):
    """RMSNorm in the place of every LayerNorm; the head loses its bias with its norm's."""

    def __init__(self, vocab_size: int, *, dim: int, **sizes: int):
        super().__init__(vocab_size, dim=dim, **sizes)
        for block in self.blocks:
            block.norm = RMSNorm(dim, EPS)  # type: ignore[assignment]
            block.ffn[0] = RMSNorm(dim, EPS)
        self.head = nn.Sequential(RMSNorm(dim, EPS), nn.Linear(dim, vocab_size, bias=False))


class RotaryGPT(RMSNormGPT):
    """Queries and keys turn with their position, and nothing is added to a token's embedding."""

    def __init__(self, vocab_size: int, *, dim: int, attn_dim: int, num_heads: int, **sizes: int):
        super().__init__(vocab_size, dim=dim, attn_dim=attn_dim, num_heads=num_heads, **sizes)
        del self.pos_embed
        for block in self.blocks:
            block.attn = RotaryAttention(
                dim, attn_dim, num_heads, num_heads, Rotation(), qkv_bias=False, out_bias=False
            )

    def positions(self, tokens: int) -> Tensor:
        """Zeros (tokens, 1), as in a `Llama`."""
        return Llama.positions(cast(Llama, self), tokens)


def build(step: int, vocab_size: int, seed: int) -> DialogueGPT:
    """The untrained model of a step, with torch's own initialisation, as the course's model has."""
    torch.manual_seed(seed)
    classes = (DialogueGPT, PreNormGPT, RMSNormGPT, RotaryGPT)
    if step < len(classes):
        return classes[step](vocab_size, **SIZES)
    return llama(vocab_size, kv_heads=SIZES["num_heads"] if step == 4 else KV_HEADS)


def llama(vocab_size: int, kv_heads: int) -> Llama:
    """A Llama of these sizes; 3 matrices of ⅔ the width hold as many weights as 2 of the full."""
    rotation = Rotation()
    return Llama(
        vocab_size, **(SIZES | {"mlp_dim": SIZES["mlp_dim"] * 2 // 3}), num_kv_heads=kv_heads,
        norm_eps=EPS, tied=False, qkv_bias=False, out_bias=False, rope_base=rotation.base,
        rope_factor=rotation.factor, rope_low=rotation.low, rope_high=rotation.high,
        rope_original=rotation.original,
    )  # fmt: skip


def parameters(step: int, vocab_size: int) -> dict[str, int]:
    """How many weights the parts of a step's model have: embeddings, attention, FFN, output layer.

    A norm counts with the part that reads it; nothing is allocated.
    """
    with shapes_only():
        model = build(step, vocab_size, seed=0)
    counts = {"embeddings": 0, "attention": 0, "FFN": 0, "output layer": 0}
    for name, weight in model.named_parameters():
        inside = "FFN" if ".ffn." in name else "attention"
        part = {"transformer": inside, "head": "output layer"}.get(name.split(".")[0], "embeddings")
        counts[part] += weight.numel()
    return counts
