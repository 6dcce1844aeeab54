"""ViT and DeiT (`ViTForImageClassification`, `DeiTForImageClassification`).

    z = [class; (distilled;) patches] + positions
    z = z + attn(LayerNorm(z)),  z = z + W_2 gelu(W_1 LayerNorm(z))
    logits = W LayerNorm(z_class) + b

Sources: Dosovitskiy et al. 2021, "An Image Is Worth 16x16 Words", equations 1-4; Touvron et al.
2021, "Training data-efficient image transformers", section 4 (the distillation token).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from core.config.model_config import Config, require_between, require_positive_int
from core.models.pretrained.family import Family, Made, same, setting, stacked
from core.models.pretrained.gpt2 import prenorm_blocks
from core.vit import VisionTransformer


@dataclass(frozen=True)
class ViTConfig(Config):
    """Sizes in the course's names; distilled: a second token beside the class token is read."""

    n_channels: int
    nout: int
    img_size: int
    patch_size: int
    dim: int
    attn_dim: int
    mlp_dim: int
    num_heads: int
    num_layers: int
    norm_eps: float = 1e-12
    gelu: str = "gelu"
    qkv_bias: bool = True
    distilled: bool = False
    two_heads: bool = False

    def __post_init__(self) -> None:
        require_positive_int(
            num_channels=self.n_channels, num_labels=self.nout, image_size=self.img_size,
            patch_size=self.patch_size, hidden_size=self.dim, head_dim=self.attn_dim,
            intermediate_size=self.mlp_dim, num_attention_heads=self.num_heads,
            num_hidden_layers=self.num_layers,
        )  # fmt: skip
        require_between(1e-13, 1e-1, layer_norm_eps=self.norm_eps)
        if self.img_size % self.patch_size:
            raise ValueError(
                f"config.json has patches of {self.patch_size} pixels, which do not divide its "
                f"images of {self.img_size}."
            )
        if self.img_size > 2048:
            raise ValueError(
                f"config.json has images of {self.img_size} pixels, but at most 2,048 are read."
            )


class PretrainedViT(VisionTransformer):
    """A `VisionTransformer` with pre-norm blocks, exact ε and activation.

    The position of the class token is a part of `cls_token`: both are only ever added.
    """

    def __init__(
        self, n_channels: int, nout: int, img_size: int, patch_size: int, dim: int, attn_dim: int,
        mlp_dim: int, num_heads: int, num_layers: int, norm_eps: float, gelu: str, qkv_bias: bool,
        distilled: bool, two_heads: bool,
    ):  # fmt: skip
        super().__init__(
            n_channels, nout, img_size, patch_size, dim, attn_dim, mlp_dim, num_heads, num_layers=0
        )
        self.transformer = prenorm_blocks(
            dim, attn_dim, mlp_dim, num_heads, num_layers, norm_eps, gelu
        )
        if not qkv_bias:
            for block in self.transformer.layers:
                block.attn.qkv.bias = None  # type: ignore[union-attr]
        self.head = nn.Sequential(nn.LayerNorm(dim, norm_eps), nn.Linear(dim, nout))
        if distilled:
            self.distilled = nn.Parameter(torch.empty(1, 1, dim))
        if two_heads:
            self.distilled_head = nn.Linear(dim, nout)

    @property
    def extra_tokens(self) -> int:
        """How many tokens come before the patches: the class token, in DeiT a second one."""
        return 2 if hasattr(self, "distilled") else 1

    def embed(self, img: Tensor) -> Tensor:
        """img: (B, C, S, S) -> z_0 (B, P + 1 or 2, dim)."""
        z = super().embed(img)
        if not hasattr(self, "distilled"):
            return z
        return torch.cat([z[:, :1], self.distilled.expand(len(img), -1, -1), z[:, 1:]], dim=1)

    def read_out(self, z: Tensor) -> Tensor:
        """The stream (B, T, dim) -> logits (B, nout): of the class token, or the mean of two."""
        logits = super().read_out(z)
        if not hasattr(self, "distilled_head"):
            return logits
        second: Tensor = self.distilled_head(self.head[0](z[:, 1]))
        return (logits + second) / 2


def class_token(token: Tensor, positions: Tensor) -> Tensor:
    """The class token and its position, which is the first."""
    return token.float() + positions[:, :1].float()  # a sum in 16 bits would be rounded


def second_token(token: Tensor, positions: Tensor) -> Tensor:
    """The distillation token and its position, which is the second."""
    return token.float() + positions[:, 1:2].float()


def after_one(positions: Tensor) -> Tensor:
    """The positions of the patches, (1, 1 + P, dim) -> (P, dim)."""
    return positions[0, 1:]


def after_two(positions: Tensor) -> Tensor:
    """The positions of the patches of a distilled model, (1, 2 + P, dim) -> (P, dim)."""
    return positions[0, 2:]


def read(config: Mapping[str, Any]) -> ViTConfig:
    """config.json of a ViT. Errors: ValueError for sizes that fit no ViT."""
    dim, heads = setting(config, "hidden_size"), setting(config, "num_attention_heads")
    require_positive_int(hidden_size=dim, num_attention_heads=heads)
    if dim % heads:
        raise ValueError(
            f"config.json has hidden_size {dim}, which its {heads} heads do not divide."
        )
    return ViTConfig(
        n_channels=setting(config, "num_channels", default=3),
        nout=len(setting(config, "id2label", default=()))
        or setting(config, "num_labels", default=2),
        img_size=setting(config, "image_size"),
        patch_size=setting(config, "patch_size"),
        dim=dim,
        attn_dim=dim // heads,
        mlp_dim=setting(config, "intermediate_size"),
        num_heads=heads,
        num_layers=setting(config, "num_hidden_layers"),
        norm_eps=setting(config, "layer_norm_eps", default=1e-12),
        gelu=setting(config, "hidden_act", default="gelu"),
        qkv_bias=bool(setting(config, "qkv_bias", default=True)),
    )


def read_distilled(config: Mapping[str, Any]) -> ViTConfig:
    """config.json of a DeiT, which has a second token; only the class token is read out."""
    return replace(read(config), distilled=True)


def read_two_heads(config: Mapping[str, Any]) -> ViTConfig:
    """config.json of a DeiT whose answer is the mean of two heads, one for each token."""
    return replace(read(config), distilled=True, two_heads=True)


BLOCK = "transformer.layers.{i}."


def keys(name: str, distilled: bool, head: str = "classifier") -> dict[str, Made]:
    """The tensors of a ViT whose names begin with `name`: "vit" or "deit"."""
    start, theirs = f"{name}.embeddings.", f"{name}.encoder.layer.{{i}}."
    positions = start + "position_embeddings"
    made: dict[str, Made] = {
        "cls_token": (class_token, start + "cls_token", positions),
        "pos_E.weight": (after_two if distilled else after_one, positions),
        "distilled": (second_token, start + "distillation_token", positions),
    }
    for part in ("weight", "bias"):
        qkv = (f"{theirs}attention.attention.{one}.{part}" for one in ("query", "key", "value"))
        made |= {
            f"patch_embed.conv.{part}": (same, f"{start}patch_embeddings.projection.{part}"),
            f"{BLOCK}norm.{part}": (same, f"{theirs}layernorm_before.{part}"),
            f"{BLOCK}attn.qkv.{part}": (stacked, *qkv),
            f"{BLOCK}attn.project_layer.{part}": (same, f"{theirs}attention.output.dense.{part}"),
            f"{BLOCK}ffn.0.{part}": (same, f"{theirs}layernorm_after.{part}"),
            f"{BLOCK}ffn.1.{part}": (same, f"{theirs}intermediate.dense.{part}"),
            f"{BLOCK}ffn.3.{part}": (same, f"{theirs}output.dense.{part}"),
            f"head.0.{part}": (same, f"{name}.layernorm.{part}"),
            f"head.1.{part}": (same, f"{head}.{part}"),
            f"distilled_head.{part}": (same, f"distillation_classifier.{part}"),
        }
    return made


VIT_FAMILY = Family(
    names=("ViTForImageClassification",),
    kind="vit",
    read=read,
    config=ViTConfig,
    model=PretrainedViT,
    keys=keys("vit", distilled=False),
    prefix="vit.",
    unused=r"(vit|deit)\.pooler\.dense\.(weight|bias)",
)
DEIT_FAMILY = replace(
    VIT_FAMILY,
    names=("DeiTForImageClassification",),
    read=read_distilled,
    keys=keys("deit", distilled=True),
    prefix="deit.",
)
TWO_HEADS_FAMILY = replace(
    DEIT_FAMILY,
    names=("DeiTForImageClassificationWithTeacher",),
    read=read_two_heads,
    keys=keys("deit", distilled=True, head="cls_classifier"),
)
