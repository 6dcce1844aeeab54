"""Items on ViT against CNN: a convolution's size and view, and the error of an accuracy."""

from __future__ import annotations

from core.study.gain.short_test import Item, task
from core.study.grading.number_task import NumberTask


def parameters(value: tuple[int, int, int]) -> NumberTask:
    """k² · C_in · C_out + C_out."""
    from torch import nn

    k, before, after = value
    count = sum(p.numel() for p in nn.Conv2d(before, after, k).parameters())
    return task(
        f"A convolution of {k}×{k} maps {before} channels to {after}. How many parameters does it "
        "have, biases included?",
        count, "parameters", f"{k}·{k}·{before}·{after} + {after} = {count:,}.",
    )  # fmt: skip


def view(value: tuple[int, int]) -> NumberTask:
    """1 + L (k − 1), from what changes when one pixel changes."""
    import torch

    layers, k = value
    line = torch.zeros(1, 1, 101)
    line[0, 0, 50] = 1
    for _ in range(layers):
        line = torch.nn.functional.conv1d(line, torch.ones(1, 1, k), padding=k // 2)
    side = int((line > 0).sum())
    return task(
        f"{layers} convolutions of {k}×{k} with stride 1 follow each other. How many pixels wide "
        "is the square of the input that one output sees?",
        side, "pixels", f"1 + {layers} · ({k} − 1) = {side}.",
    )  # fmt: skip


def standard_error(value: tuple[int, int]) -> NumberTask:
    """√(p (1 − p) / N)."""
    percent, images = value
    error = 100 * (percent / 100 * (1 - percent / 100) / images) ** 0.5
    return task(
        f"A model is right on {percent}% of {images:,} test images. How large is the standard "
        "error of this accuracy, in percentage points?",
        error, "percentage points", f"√(p(1 − p)/N) = {error:.2f} percentage points.", 0.03,
    )  # fmt: skip


ITEMS = (
    Item([(k, a, b) for k in (1, 3, 5) for a in (2, 3, 8) for b in (4, 10)], parameters),
    Item([(layers, k) for layers in (2, 3, 4, 5) for k in (3, 5, 7)], view),
    Item([(p, n) for p in (50, 80, 90, 75) for n in (100, 400, 2500)], standard_error),
)
