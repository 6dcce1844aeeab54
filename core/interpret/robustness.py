"""Robustness: resized and shifted pictures, for a ViT and a CNN.

Source: Dosovitskiy et al. 2021, section 3.2 (2-D interpolation of the position embeddings).
"""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pad

from core.models.compact_vit import CompactViT
from core.models.sinusoidal_vit import SinusoidalViT, grid_sinusoids
from core.vit import VisionTransformer


def at_size(model: VisionTransformer, side: int) -> VisionTransformer:
    """A copy of the model that reads side×side images: its position grid is interpolated
    (bicubic) to the new number of patches, or, if it is sinusoidal, computed for them.

    Errors: ValueError when the side is not a multiple of the patch or not from 8 to 256.
    """
    old = round(model.pos_E.num_embeddings**0.5)
    patch = 4 if isinstance(model, CompactViT) else model.patch_embed.img_size // old
    if side % patch or not 8 <= side <= 256:
        raise ValueError(
            f"The side must be a multiple of {patch} from 8 to 256 pixels, not {side}."
        )
    new = side // patch
    changed = copy.deepcopy(model)
    grid = model.pos_E.weight.detach().T.reshape(1, -1, old, old)
    moved = interpolate(grid, size=(new, new), mode="bicubic", align_corners=False)
    weight = moved[0].flatten(1).T.contiguous()
    if isinstance(model, SinusoidalViT):
        weight = grid_sinusoids(new, grid.shape[1])
    changed.pos_E = nn.Embedding(new * new, grid.shape[1], _weight=weight)
    changed.patch_embed.num_patches = new * new
    if not isinstance(changed, CompactViT):
        changed.patch_embed.img_size = side
    return changed


def resized(images: Tensor, side: int) -> Tensor:
    """(B, C, S, S) -> (B, C, side, side), bilinear, anti-aliased when made smaller."""
    if images.shape[-1] == side:
        return images
    return interpolate(images, size=(side, side), mode="bilinear", antialias=True)


def shifted(images: Tensor, down: int, right: int) -> Tensor:
    """Moved by whole pixels; the uncovered edge repeats the outermost row or column."""
    side = images.shape[-1]
    m = max(abs(down), abs(right))
    wide = pad(images, (m, m, m, m), mode="replicate") if m else images
    return wide[..., m - down : m - down + side, m - right : m - right + side]


def accuracy(model: nn.Module, images: Tensor, labels: Tensor, at_once: int = 25) -> float:
    """The share of pictures whose largest logit is the label's; the model must be in eval mode.

    at_once: pictures in a batch. A hundred took a third longer: their values leave the cache.
    """
    with torch.no_grad():
        batches = zip(torch.split(images, at_once), torch.split(labels, at_once), strict=True)
        hits = [(model(x)[0].argmax(-1) == y).float() for x, y in batches]
    return float(torch.cat(hits).mean())


def shift_accuracy(
    model: nn.Module, images: Tensor, labels: Tensor, pixels: Sequence[int]
) -> list[float]:
    """Accuracy when every picture moves d pixels, the mean over up, down, left and right."""
    accuracies = []
    for d in pixels:
        ways = ((d, 0), (-d, 0), (0, d), (0, -d)) if d else ((0, 0),)
        accuracies.append(
            sum(accuracy(model, shifted(images, *way), labels) for way in ways) / len(ways)
        )
    return accuracies
