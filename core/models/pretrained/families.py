"""The families that can be opened, and which of them a config.json belongs to."""

from collections.abc import Mapping
from typing import Any

from core.models.pretrained.family import Family
from core.models.pretrained.gpt2 import GPT2_FAMILY
from core.models.pretrained.llama import LLAMA_FAMILY
from core.models.pretrained.qwen2 import QWEN2_FAMILY
from core.models.pretrained.timm import TIMM_DISTILLED, TIMM_FAMILY
from core.models.pretrained.vit import DEIT_FAMILY, TWO_HEADS_FAMILY, VIT_FAMILY

FAMILIES = (
    *(GPT2_FAMILY, LLAMA_FAMILY, QWEN2_FAMILY, VIT_FAMILY, DEIT_FAMILY, TWO_HEADS_FAMILY),
    *(TIMM_FAMILY, TIMM_DISTILLED),
)
BY_NAME = {name: family for family in FAMILIES for name in family.names}


def family_named(name: str) -> Family:
    """The family of that name. Errors: ValueError, which names those that are supported."""
    if name not in BY_NAME:
        raise ValueError(
            f"This is a {name[:60]!r}, which cannot be opened; supported are {', '.join(BY_NAME)}."
        )
    return BY_NAME[name]


def family_of(config: Mapping[str, Any]) -> Family:
    """The family that config.json names. Errors: ValueError when it names none, or another."""
    if isinstance(timm := config.get("architecture"), str):
        return TIMM_DISTILLED if "_distilled" in timm else TIMM_FAMILY
    named = config.get("architectures")
    if not isinstance(named, list) or not named or not isinstance(named[0], str):
        raise ValueError(
            "config.json does not name its architecture; supported are " + ", ".join(BY_NAME) + "."
        )
    return family_named(named[0])
