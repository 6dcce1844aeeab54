"""Attribution maps, which input mattered: rollout, gradient relevance, Grad-CAM.

Letters   B batch · L layers · H heads · T tokens · P patches · A attention (B, L, H, T, T)

A map is not yet an explanation: core/interpret/faithfulness.py tests whether it describes the
model.

Sources: Abnar & Zuidema 2020, "Quantifying Attention Flow in Transformers", section 3;
Chefer, Gur & Wolf 2021, "Generic Attention-model Explainability for Interpreting Bi-Modal and
Encoder-Decoder Transformers", eqs. 5 and 6 (self-attention);
Selvaraju et al. 2017, "Grad-CAM", eqs. 1 and 2.
"""

from typing import Literal

import torch
from torch import Tensor

from core.interpret.trace import Traceable, check_inputs, evaluating, forward_with_hooks, own_mask
from core.models.cnn import SmallCNN
from core.vit import VisionTransformer

Fuse = Literal["mean", "max", "min"]


def fuse_axis(values: Tensor, fuse: Fuse, dim: int) -> Tensor:
    """Mean, maximum or minimum along one axis. Errors: ValueError, unknown fuse."""
    if fuse == "mean":
        return values.mean(dim)
    if fuse == "max":
        return values.amax(dim)
    if fuse == "min":
        return values.amin(dim)
    raise ValueError(f"Heads are fused by mean, max or min, not {fuse!r}.")


def rollout(alphas: Tensor, fuse: Fuse = "mean") -> Tensor:
    """Attention rollout: how much of each input token arrives at each output token.

    Ã_l = ½ fuse_heads(A_l) + ½ I, rows normalised to one;   R = Ã_L Ã_{L−1} ⋯ Ã_1
    The ½ I represents the residual connection. alphas: (B, L, H, T, T) -> (B, T, T), every row
    sums to one. Source: Abnar & Zuidema 2020, section 3.
    """
    if alphas.ndim != 5 or alphas.shape[-1] != alphas.shape[-2]:
        raise ValueError(f"Rollout takes attention (B, L, H, T, T), not {tuple(alphas.shape)}.")
    flow = torch.eye(alphas.shape[-1], dtype=alphas.dtype, device=alphas.device)
    for layer in rollout_steps(alphas, fuse):
        flow = layer @ flow
    return flow.expand(len(alphas), -1, -1)


def rollout_steps(alphas: Tensor, fuse: Fuse = "mean") -> list[Tensor]:
    """Ã_1 … Ã_L, each (B, T, T) with rows that sum to one."""
    identity = torch.eye(alphas.shape[-1], dtype=alphas.dtype, device=alphas.device)
    steps = []
    for heads in alphas.unbind(1):
        layer = 0.5 * fuse_axis(heads, fuse, 1) + 0.5 * identity
        steps.append(layer / layer.sum(-1, keepdim=True))
    return steps


def attention_gradients(model: Traceable, inputs: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """A and ∂y/∂A, both (B, L, H, T, T); y is the logit of class target[b] (B,) of each sample.

    For a GPT y is the logit of word target[b] after the last token. Layer l of the gradient
    belongs to layer l of A: it says how y would change if that weight alone were changed.
    """
    check_inputs(model, inputs)
    with torch.enable_grad(), evaluating(model):
        z = model.embed(inputs)
        mask = own_mask(model, z.shape[1], z.device)
        z, maps, _ = forward_with_hooks(model, z, mask, _differentiable)
        logits = model.read_out(z)
        target_logits = chosen_logits(logits if logits.ndim == 2 else logits[:, -1], target)
        gradients = torch.autograd.grad(target_logits.sum(), maps)  # one pass: samples do not mix
    return torch.stack(maps, 1).detach(), torch.stack(gradients, 1)


def _differentiable(_: int, alphas: Tensor) -> Tensor:
    """A, made to require a gradient, so that ∂y/∂A exists even if no weight is trainable."""
    return alphas if alphas.requires_grad else alphas.requires_grad_()


def chosen_logits(logits: Tensor, target: Tensor) -> Tensor:
    """The logit of class target[b] of each sample: (B, classes) -> (B,).

    Errors: ValueError when target is not one class a sample.
    """
    samples, classes = logits.shape
    if target.shape != (samples,) or not ((target >= 0) & (target < classes)).all():
        raise ValueError(
            f"The target must name one class from 0 to {classes - 1} for each of the {samples} "
            f"samples, not {target.tolist()}."
        )
    return logits.gather(1, target[:, None])[:, 0]


def gradient_relevance(model: Traceable, inputs: Tensor, target: Tensor) -> Tensor:
    """Gradient relevance for class target[b]: (B, T, T), row 0 is that of the class token.

    Ā_l = mean over heads of (∂y/∂A_l ⊙ A_l)⁺;   R = I, then R ← R + Ā_l R for l = 1 … L
    Source: Chefer et al. 2021, eqs. 5 and 6.
    """
    alphas, gradients = attention_gradients(model, inputs, target)
    relevance = torch.eye(alphas.shape[-1], dtype=alphas.dtype, device=alphas.device)
    relevance = relevance.expand(len(alphas), -1, -1)
    for layer in (gradients * alphas).clamp(min=0).mean(2).unbind(1):
        relevance = relevance + layer @ relevance
    return relevance


def class_row(maps: Tensor, query: int = 0) -> Tensor:
    """The class token's weight on each patch, or that of another token `query`:
    (..., P+1, P+1) -> (..., P)."""
    return maps[..., query, 1:]


def patches_only(maps: Tensor, extra_tokens: int) -> Tensor:
    """The maps without the tokens between the class token and the patches, such as DeiT's
    distillation token: (..., T, T) -> (..., P+1, P+1). A row with weight on them no longer sums to
    one. extra_tokens: how many tokens come before the patches, the class token included."""
    keep = [0, *range(extra_tokens, maps.shape[-1])]
    return maps if extra_tokens == 1 else maps[..., keep, :][..., keep]


def extra_tokens(model: object) -> int:
    """How many tokens of a Vision Transformer come before its patches."""
    return int(getattr(model, "extra_tokens", 1))


def course_heatmap(
    alphas: Tensor, over_layers: Fuse = "mean", over_heads: Fuse = "mean", query: int = 0
) -> Tensor:
    """The course's figure: the class token's row, fused over heads, then layers: (B, P).

    query: another token whose row is taken instead.
    """
    return fuse_axis(fuse_axis(class_row(alphas, query), over_heads, 2), over_layers, 1)


def six_maps(alphas: Tensor, relevance: Tensor, extra: int = 1) -> dict[str, Tensor]:
    """The maps of the class token that are compared with each other: name -> (B, P).

    Five are made of the attention alphas (B, L, H, T, T) alone, one of the relevance (B, T, T).
    extra: see `patches_only`.
    """
    patches = patches_only(alphas, extra)
    flow, strongest = (patches_only(rollout(alphas, fuse), extra) for fuse in ("mean", "max"))
    return {
        "Mean attention": course_heatmap(patches),
        "Last layer, mean": course_heatmap(patches[:, -1:]),
        "Largest head": course_heatmap(patches, "max", "max"),
        "Rollout": class_row(flow),
        "Gradient relevance": class_row(patches_only(relevance, extra)),
        "Rollout, largest head": class_row(strongest),
    }


def grad_cam(model: SmallCNN, images: Tensor, target: Tensor) -> Tensor:
    """Where a CNN finds class target[b]: (B, C, S, S) -> (B, h, w) on its last feature grid.

    w_k = mean over the grid of ∂y/∂F_k;   map = (Σ_k w_k F_k)⁺
    Source: Selvaraju et al. 2017, eqs. 1 and 2.
    """
    with torch.enable_grad(), evaluating(model):
        features = _differentiable(0, model.features(images))
        logits = model.head(features.mean(dim=(-2, -1)))
        (gradient,) = torch.autograd.grad(chosen_logits(logits, target).sum(), features)
    weights = gradient.mean((-2, -1), keepdim=True)
    heat: Tensor = (weights * features).sum(1).clamp(min=0).detach()
    return heat


PATCH_MAPS = ("attention", "rollout", "gradient")


def patch_map(model: VisionTransformer, images: Tensor, how: str, target: Tensor) -> Tensor:
    """One weight per patch, (B, P), by the name of the method, see PATCH_MAPS."""
    extra = extra_tokens(model)
    if how == "gradient":
        return class_row(patches_only(gradient_relevance(model, images, target), extra))
    if how not in PATCH_MAPS:
        raise ValueError(f"There is no map {how!r}; there are {', '.join(PATCH_MAPS)}.")
    with torch.no_grad(), evaluating(model):
        alphas = model(images, return_attn=True)[1]
    if how == "rollout":
        return class_row(patches_only(rollout(alphas), extra))
    return course_heatmap(patches_only(alphas, extra))
