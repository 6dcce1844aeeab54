"""The loss of a vocabulary head without ever holding all its logits.

For N tokens and V words the logits are N·V numbers, 150 MB for one batch of the course's GPT. Here
the head runs over a few hundred tokens at a time, and each slice leaves only its loss and its
gradients: the mathematics of `DialogueLoss`, a fraction of its memory traffic.

    L = Σ_n ( log Σ_v exp z_nv − z_n,target(n) ),   z = h Wᵀ + b
    ∂L/∂z = softmax(z) − onehot,   ∂L/∂h = ∂L/∂z W,   ∂L/∂W = (∂L/∂z)ᵀ h,   ∂L/∂b = Σ_n ∂L/∂z_n

Source of the idea: Wijmans et al. 2025, "Cut Your Losses in Large-Vocabulary Language Models".
"""

from typing import Any

import torch
from torch import Tensor

SLICE = 128  # tokens at a time


class _SlicedCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, dtype: torch.dtype
    ) -> Tensor:
        w, b = weight.to(dtype), bias.to(dtype)
        grad_hidden = torch.empty_like(hidden)
        grad_weight = torch.zeros_like(weight)
        grad_bias = torch.zeros_like(bias)
        total = torch.zeros((), device=hidden.device)
        for begin in range(0, len(targets), SLICE):
            rows = slice(begin, begin + SLICE)
            h, target = hidden[rows].to(dtype), targets[rows, None]
            z = torch.addmm(b, h, w.T)
            grad_z = z.softmax(1)
            # log Σ exp z = max z − log max softmax z: exact where the target's own share is 0
            logsumexp = z.amax(1).float() - grad_z.amax(1).float().log()
            total += (logsumexp - z.gather(1, target)[:, 0].float()).sum()
            grad_z.scatter_add_(1, target, torch.full_like(target, -1, dtype=dtype))
            grad_bias += grad_z.sum(0)
            grad_hidden[rows] = grad_z @ w
            if dtype == grad_weight.dtype:
                grad_weight.addmm_(grad_z.T, h)
            else:
                grad_weight += grad_z.T @ h
        ctx.save_for_backward(grad_hidden, grad_weight, grad_bias)
        return total

    @staticmethod
    def backward(ctx: Any, *grad: Tensor) -> tuple[Tensor | None, ...]:
        hidden, weight, bias = ctx.saved_tensors
        return hidden * grad[0], weight * grad[0], bias * grad[0], None, None


def summed_token_loss(
    hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, dtype: torch.dtype
) -> Tensor:
    """Σ_n cross-entropy (nats) of targets (N,) given hidden (N, dim), weight (V, dim), bias (V,).

    The products run in `dtype`, and the shares of the softmax are rounded to it; losses and the
    slices' gradients add up in fp32.
    """
    total: Tensor = _SlicedCrossEntropy.apply(hidden.float(), weight, bias, targets, dtype)
    return total


def token_losses(
    hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, dtype: torch.dtype
) -> Tensor:
    """The cross-entropy (nats) of every target, (N,); no gradient. Arguments as above."""
    w, b = weight.detach().to(dtype), bias.detach().to(dtype)
    losses = []
    for h, target in zip(hidden.detach().split(SLICE), targets.split(SLICE), strict=True):
        z = torch.addmm(b, h.to(dtype), w.T).float()
        losses.append(z.logsumexp(1) - z.gather(1, target[:, None])[:, 0])
    return torch.cat(losses)
