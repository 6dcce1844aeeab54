"""What the lesson on patches shows of a model: its tokens, and how many numbers of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    from core.models.zoo import ModelEntry

MOST_NUMBERS, MOST_FILTERS = 192, 128  # of a token, and of the patch embedding, that are drawn


def shown(model: Any, inputs: Tensor) -> Tensor:
    """The class token and the patches of one picture, (P + 1, dim), before the first block."""
    import torch

    from core.interpret.attribution import extra_tokens

    tokens: Tensor = model.embed(inputs)[0]
    return torch.cat([tokens[:1], tokens[extra_tokens(model) :]])


def cuts(entry: ModelEntry) -> bool:
    """Whether the model cuts a picture into patches; others begin with convolutions."""
    return entry.real or entry.architecture == "VisionTransformer"


def first(count: int, most: int) -> str:
    """The end of a title where not everything is drawn."""
    return f" (the first {most} are drawn)" if count > most else ""
