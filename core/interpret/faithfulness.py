"""Are the maps faithful? Remove what a map calls important, and compare maps with known objects.

Letters   N pictures · P patches, row by row · S image side in pixels · p patch side in pixels

Sources: Petsiuk, Das & Saenko 2018, "RISE", section 4.2 (deletion and insertion);
Zhang et al. 2016, "Top-down Neural Attention by Excitation Backprop", section 4.2 (pointing game).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from core.interpret.head_metrics import entropy
from core.interpret.trace import evaluating, forward_with_hooks, fused_logits
from core.vit import VisionTransformer as ViT


@dataclass(frozen=True)
class Curve:
    """share: (K,) of patches removed (or shown), 0 to 1; probability: (K,) of the class."""

    share: Tensor
    probability: Tensor

    @property
    def area(self) -> float:
        """The mean height of the curve (trapezoids), 0 to 1."""
        return float(torch.trapezoid(self.probability, self.share))


def deletion_curve(model: ViT, image: Tensor, order: Tensor, target: int, steps: int = 16) -> Curve:
    """Patches are replaced by the data set's mean colour in this order; a good map falls fast.

    image: (C, S, S), normalised (the mean colour is 0). order: (P,) patch numbers in the order of
    removal. The probability of class `target` is measured after each of `steps` equal portions.
    """
    return _curve(model, image, order, target, steps, keep=False)


def insertion_curve(
    model: ViT, image: Tensor, order: Tensor, target: int, steps: int = 16
) -> Curve:
    """Patches appear in this order on a plane of the mean colour; a good map rises fast."""
    return _curve(model, image, order, target, steps, keep=True)


def _curve(model: ViT, image: Tensor, order: Tensor, target: int, steps: int, keep: bool) -> Curve:
    patches = len(order)
    if sorted(order.tolist()) != list(range(patches)):
        raise ValueError(f"The order must name each of the {patches} patches once.")
    counts = torch.linspace(0, patches, min(steps, patches) + 1).round().long()
    rank = torch.empty(patches, dtype=torch.long)
    rank[order] = torch.arange(patches)
    touched = rank[None, :] < counts[:, None]  # (K, P)
    shown = touched if keep else ~touched
    pictures = image[None] * patches_to_pixels(shown.float(), image.shape[-1])[:, None]
    probability = fused_logits(model, pictures).softmax(-1)
    if not 0 <= target < probability.shape[1]:
        raise ValueError(f"There is no class {target}; there are {probability.shape[1]}, from 0.")
    return Curve(counts / patches, probability[:, target])


def random_curves(
    model: ViT,
    image: Tensor,
    target: int,
    generator: torch.Generator,
    orders: int = 4,
    steps: int = 16,
) -> tuple[Curve, Curve]:
    """Deletion and insertion in random orders, the mean of `orders` of them."""
    patches = model.pos_E.num_embeddings
    runs = [torch.randperm(patches, generator=generator) for _ in range(orders)]
    pairs = [
        (
            deletion_curve(model, image, o, target, steps),
            insertion_curve(model, image, o, target, steps),
        )
        for o in runs
    ]
    means = [torch.stack([pair[i].probability for pair in pairs]).mean(0) for i in (0, 1)]
    share = pairs[0][0].share
    return Curve(share, means[0]), Curve(share, means[1])


def most_important_first(weights: Tensor) -> Tensor:
    """The order a map suggests: (P,) weights -> (P,) patch numbers, largest weight first."""
    return weights.argsort(descending=True, stable=True)


def patches_to_pixels(weights: Tensor, side: int) -> Tensor:
    """(..., P) -> (..., S, S): every pixel takes the weight of its patch."""
    grid = round(weights.shape[-1] ** 0.5)
    if grid * grid != weights.shape[-1] or side % grid:
        raise ValueError(f"{weights.shape[-1]} patches do not tile {side}×{side} pixels.")
    square = weights.reshape(*weights.shape[:-1], grid, grid)
    pixels = square.repeat_interleave(side // grid, -1).repeat_interleave(side // grid, -2)
    return pixels


def object_share(masks: Tensor, patches: int) -> Tensor:
    """How much of each patch the object covers, 0 to 1: masks (N, S, S) -> (N, P)."""
    grid = round(patches**0.5)
    pooled = torch.nn.functional.adaptive_avg_pool2d(masks.float()[:, None], grid)
    return pooled.flatten(1)


def attention_on_object(weights: Tensor, masks: Tensor) -> Tensor:
    """The share of the weight that lies on the object: weights (N, ..., P) -> (N, ...).

    Σ_i w_i m_i / Σ_i w_i, m_i the covered part of patch i. An uninformed map scores the
    object's share of the picture.
    """
    m = object_share(masks, weights.shape[-1])
    m = m.view(len(m), *(1,) * (weights.ndim - 2), -1)
    return (weights * m).sum(-1) / weights.sum(-1).clamp(min=1e-12)


def pointing_game(weights: Tensor, masks: Tensor) -> Tensor:
    """Is the patch with the largest weight at least half object? (N, ..., P) -> bool (N, ...).

    Chance is the share of such patches, see `pointing_chance`.
    """
    on = object_share(masks, weights.shape[-1]) >= 0.5
    on = on.view(len(on), *(1,) * (weights.ndim - 2), -1).expand(weights.shape)
    return on.gather(-1, weights.argmax(-1, keepdim=True)).squeeze(-1)


def pointing_chance(masks: Tensor, patches: int) -> Tensor:
    """The share of patches at least half covered by the object, (N,)."""
    return (object_share(masks, patches) >= 0.5).float().mean(1)


def class_rows(model: ViT, images: Tensor, at_once: int = 50) -> tuple[Tensor, Tensor]:
    """The class token's row of every layer and head, for many pictures: logits (N, classes) and
    rows (N, L, H, P+1), the weight on itself included."""
    logits, rows = [], []
    with torch.no_grad(), evaluating(model):
        for part in torch.split(images, at_once):
            z, maps, _ = forward_with_hooks(model, model.embed(part), None)
            logits.append(model.read_out(z))
            rows.append(torch.stack([a[:, :, 0] for a in maps], 1))
    return torch.cat(logits), torch.cat(rows)


def spread(rows: Tensor) -> Tensor:
    """Entropy (nats) of the weights on the patches alone, made to sum to one: (..., P) -> (...)."""
    return entropy((rows / rows.sum(-1, keepdim=True).clamp(min=1e-12))[..., None, :]).squeeze(-1)


def correlation(a: Tensor, b: Tensor) -> float:
    """Pearson's r of two samples (N,); 0 when one of them does not vary."""
    a, b = a.double() - a.double().mean(), b.double() - b.double().mean()
    scale = float(a.norm() * b.norm())
    return float(a @ b) / scale if scale > 0 else 0.0
