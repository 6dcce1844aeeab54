"""The same ViTs and DeiTs under timm's names (`vit_…`, `deit_…`).

timm's config.json names an architecture, such as vit_base_patch16_224, and leaves the sizes to the
name: tiny, small, base and large are those of the papers.

Sources: Steiner et al. 2022, "How to train your ViT?", table 2 (sizes); Touvron et al. 2021,
"Training data-efficient image transformers", table 1; timm's vision_transformer.py (names, ε).
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.models.pretrained.family import Family, Made, require, same, setting
from core.models.pretrained.vit import (
    BLOCK,
    VIT_FAMILY,
    ViTConfig,
    after_one,
    after_two,
    class_token,
    second_token,
)

SIZES = {
    "tiny": (192, 12, 3),
    "small": (384, 12, 6),
    "base": (768, 12, 12),
    "large": (1024, 24, 16),
}
NAME = re.compile(
    r"(?P<family>vit|deit)_(?P<size>tiny|small|base|large)(?P<distilled>_distilled)?"
    r"_patch(?P<patch>\d{1,3})_(?P<pixels>\d{1,4})"
)


def read(config: Mapping[str, Any]) -> ViTConfig:
    """timm's config.json. Errors: ValueError for an architecture that is no plain ViT or DeiT."""
    named = NAME.fullmatch(str(setting(config, "architecture")).split(".")[0])
    if named is None:
        raise ValueError(
            f"config.json names timm's {str(config['architecture'])[:60]!r}; supported are the "
            "plain vit_ and deit_ models, such as 'vit_base_patch16_224'."
        )
    given = setting(config, "model_args", default={})
    if not isinstance(given, Mapping):
        raise ValueError("config.json has model_args that are not a table of settings.")
    require(config, global_pool="token")
    require(given, class_token=True, no_embed_class=False, init_values=None, qk_norm=False)
    dim, depth, heads = SIZES[named["size"]]
    about = setting(config, "pretrained_cfg", default={})
    dim, heads = given.get("embed_dim", dim), given.get("num_heads", heads)
    channels, pixels, _ = about.get("input_size", (3, int(named["pixels"]), 0))
    if dim % heads:
        raise ValueError(f"config.json has embed_dim {dim}, which its {heads} heads do not divide.")
    return ViTConfig(
        n_channels=channels,
        nout=setting(config, "num_classes", default=1000),
        img_size=given.get("img_size", pixels),
        patch_size=given.get("patch_size", int(named["patch"])),
        dim=dim,
        attn_dim=dim // heads,
        mlp_dim=int(dim * given.get("mlp_ratio", 4)),
        num_heads=heads,
        num_layers=given.get("depth", depth),
        norm_eps=1e-6,
        gelu="gelu",
        qkv_bias=given.get("qkv_bias", True),
        distilled=bool(named["distilled"]),
        two_heads=bool(named["distilled"]),
    )


def keys(distilled: bool) -> dict[str, Made]:
    """timm's names of the tensors; queries, keys and values are one tensor, in our order."""
    made: dict[str, Made] = {
        "cls_token": (class_token, "cls_token", "pos_embed"),
        "pos_E.weight": (after_two if distilled else after_one, "pos_embed"),
        "distilled": (second_token, "dist_token", "pos_embed"),
    }
    ours = {
        "patch_embed.conv": "patch_embed.proj", "head.0": "norm", "head.1": "head",
        "distilled_head": "head_dist", BLOCK + "norm": "blocks.{i}.norm1",
        BLOCK + "attn.qkv": "blocks.{i}.attn.qkv",
        BLOCK + "attn.project_layer": "blocks.{i}.attn.proj",
        BLOCK + "ffn.0": "blocks.{i}.norm2", BLOCK + "ffn.1": "blocks.{i}.mlp.fc1",
        BLOCK + "ffn.3": "blocks.{i}.mlp.fc2",
    }  # fmt: skip
    for part in ("weight", "bias"):
        made |= {f"{our}.{part}": (same, f"{their}.{part}") for our, their in ours.items()}
    return made


TIMM_FAMILY: Family = replace(
    VIT_FAMILY, names=("timm ViT",), read=read, keys=keys(distilled=False), prefix="", unused=""
)
TIMM_DISTILLED: Family = replace(
    TIMM_FAMILY, names=("timm distilled DeiT",), keys=keys(distilled=True)
)
