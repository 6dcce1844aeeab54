"""Items on patches of anything: their number, their size and the cost of smaller ones."""

from __future__ import annotations

from core.study.gain.short_test import Item, task
from core.study.grading.number_task import NumberTask


def patches(value: tuple[int, int, int]) -> NumberTask:
    """The tiles of a spectrogram."""
    import torch

    from core.data.audio import to_patches

    bins, times, side = value
    count = len(to_patches(torch.zeros(bins, times), side))
    return task(
        f"A spectrogram of {bins} frequencies and {times} times is cut into squares of "
        f"{side}×{side}; incomplete ones are left out. How many tokens are there?",
        count, "tokens", f"{bins // side} · {times // side} = {count}.",
    )  # fmt: skip


def numbers(value: tuple[int, int]) -> NumberTask:
    """The input of the linear map: one patch."""
    from core.vit import PatchEmbed

    side, channels = value
    count = PatchEmbed(side, side, channels, 1).conv.weight.numel()
    return task(
        f"How many numbers are in one patch of {side}×{side} pixels with {channels} channels?",
        count, "numbers", f"{side} · {side} · {channels} = {count}.",
    )  # fmt: skip


def pairs(value: tuple[int, int]) -> NumberTask:
    """Attention compares (S/p)² tokens in pairs."""
    from core.vit import PatchEmbed

    side, patch = value
    few = PatchEmbed(side, patch, 1, 1).num_patches
    many = PatchEmbed(side, patch // 2, 1, 1).num_patches
    times = many**2 // few**2
    return task(
        f"An image of {side}×{side} pixels is cut into patches of {patch // 2}×{patch // 2} "
        f"instead of {patch}×{patch}. How many times as many pairs of patches does attention "
        "compare?",
        times, "times", f"{many}² / {few}² = {times}, whatever the size of the image.",
    )  # fmt: skip


ITEMS = (
    Item([(b, t, s) for b in (32, 64) for t in (50, 70, 90) for s in (8, 16)], patches),
    Item([(side, channels) for side in (4, 6, 8, 16) for channels in (1, 3, 4)], numbers),
    Item([(patch * n, patch) for patch in (4, 8, 16) for n in (2, 4, 7)], pairs),
)
