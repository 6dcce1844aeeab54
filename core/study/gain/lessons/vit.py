"""Items on the Vision Transformer: tokens, the patch embedding and the attention map."""

from __future__ import annotations

from core.study.gain.short_test import Item, task
from core.study.grading.number_task import NumberTask


def tokens(value: tuple[int, int]) -> NumberTask:
    """(S / p)² + 1, counted by the patch embedding."""
    from core.vit import PatchEmbed

    side, patch = value
    count = PatchEmbed(side, patch, 3, 4).num_patches + 1
    return task(
        f"A Vision Transformer reads images of {side}×{side} pixels in patches of {patch}×{patch}, "
        "with a class token. How many tokens does its Transformer read?",
        count, "tokens", f"({side}/{patch})² + 1 = {count}.",
    )  # fmt: skip


def embedding_parameters(value: tuple[int, int]) -> NumberTask:
    """p² · 3 · D + D."""
    from core.vit import PatchEmbed

    patch, dim = value
    count = sum(p.numel() for p in PatchEmbed(4 * patch, patch, 3, dim).parameters())
    return task(
        f"Patches of {patch}×{patch} pixels in three colours are mapped linearly to D = {dim}. How "
        "many parameters does this map have, biases included?",
        count, "parameters", f"{patch}·{patch}·3·{dim} + {dim} = {count:,}.",
    )  # fmt: skip


def map_size(value: tuple[int, int]) -> NumberTask:
    """(P + 1)²."""
    import torch

    from core.vit import VisionTransformer

    side, patch = value
    model = VisionTransformer(1, 2, side, patch, 2, 1, 2, 1, 1)
    with torch.no_grad():
        _, alphas = model(torch.zeros(1, 1, side, side), return_attn=True)
    assert alphas is not None
    count = alphas.numel()
    side_of_map = alphas.shape[-1]
    return task(
        f"Images of {side}×{side} pixels are cut into patches of {patch}×{patch}, with a class "
        "token. How many weights has the attention map of one head?",
        count, "weights", f"{side_of_map} · {side_of_map} = {count:,}.",
    )  # fmt: skip


SIZES = [(patch * n, patch) for patch in (2, 4, 8) for n in (3, 5, 6, 7)]
ITEMS = (
    Item(SIZES, tokens),
    Item([(patch, dim) for patch in (2, 4, 5) for dim in (10, 16, 20, 32)], embedding_parameters),
    Item([(side, patch) for side, patch in SIZES if side <= 40], map_size),
)
