"""Cross-entropy of a vocabulary head, computed in chunks so that not all logits are in memory.

For N tokens and V words the logits are N·V numbers, 150 MB for one batch of the course's GPT. Here
the head runs over at most 256 tokens at a time, and only the loss and the gradients of each chunk
are kept: the mathematics of `DialogueLoss` with a fraction of its memory traffic.

    L = Σ_n ( log Σ_v exp z_nv − z_n,target(n) ),   z = h Wᵀ + b
    ∂L/∂z = softmax(z) − onehot,   ∂L/∂h = ∂L/∂z W,   ∂L/∂W = (∂L/∂z)ᵀ h,   ∂L/∂b = Σ_n ∂L/∂z_n

Source of the idea: Wijmans et al. 2025, "Cut Your Losses in Large-Vocabulary Language Models".
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

CHUNK_BYTES = 5 * 2**20  # of logits, about the size of the cores' own caches
MAX_ROWS = 256


def chunk_size(vocab_size: int, dtype: torch.dtype) -> int:
    """How many tokens the head processes at a time: a multiple of 32, at most MAX_ROWS."""
    rows = min(MAX_ROWS, CHUNK_BYTES // (vocab_size * dtype.itemsize))
    return max(32, rows // 32 * 32)


def _losses(z: Tensor, probabilities: Tensor, target: Tensor) -> Tensor:
    """−log of each target's probability, (N,); z, probabilities: (N, V), target: (N, 1).

    Where a probability underflows to 0, log Σ exp z = max z − log max softmax z is used.
    """
    p = probabilities.gather(1, target)[:, 0].float()
    if p.all():
        return -p.log()
    logsumexp = z.amax(1).float() - probabilities.amax(1).float().log()
    return logsumexp - z.gather(1, target)[:, 0].float()


class _ChunkedCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, dtype: torch.dtype
    ) -> Tensor:
        w, b = weight.to(dtype), bias.to(dtype)
        # Padded to whole chunks: preparing a product of a new size takes longer than computing
        # the padding.
        count, size = len(targets), chunk_size(len(weight), dtype)
        hidden = pad(hidden.to(dtype), (0, 0, 0, -count % size))
        targets = pad(targets, (0, -count % size))
        grad_hidden = torch.empty(hidden.shape, device=hidden.device)
        grad_weight = torch.zeros_like(weight)
        grad_bias = torch.zeros_like(bias)
        total = torch.zeros((), device=hidden.device)
        for begin in range(0, len(targets), size):
            h, target = hidden[begin : begin + size], targets[begin : begin + size]
            real = min(size, count - begin)
            z = torch.addmm(b, h, w.T)
            grad_z = z.softmax(1)
            total += _losses(z, grad_z, target[:, None])[:real].sum()
            grad_z[torch.arange(size), target] -= 1
            grad_z[real:] = 0
            grad_bias += grad_z.sum(0)
            grad_hidden[begin : begin + size] = grad_z @ w
            if dtype == grad_weight.dtype:
                grad_weight.addmm_(grad_z.T, h)
            else:
                grad_weight += grad_z.T @ h
        ctx.save_for_backward(grad_hidden[:count], grad_weight, grad_bias)
        return total

    @staticmethod
    def backward(ctx: Any, *grad: Tensor) -> tuple[Tensor | None, ...]:
        hidden, weight, bias = ctx.saved_tensors
        return hidden * grad[0], weight * grad[0], bias * grad[0], None, None


def chunked_cross_entropy(
    hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, dtype: torch.dtype
) -> Tensor:
    """Σ_n cross-entropy (nats) of targets (N,) given hidden (N, dim), weight (V, dim), bias (V,).

    The products run in `dtype`, and the softmax is rounded to it; losses and gradients of the
    chunks are summed in fp32.
    """
    # autocast would compute every softmax in fp32 and round it again for each product
    with torch.autocast(hidden.device.type, enabled=False):
        total: Tensor = _ChunkedCrossEntropy.apply(hidden, weight, bias, targets, dtype)
    return total


def cross_entropy_per_token(
    hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, dtype: torch.dtype
) -> Tensor:
    """The cross-entropy (nats) of every target, (N,); no gradient. Arguments as above."""
    w, b = weight.detach().to(dtype), bias.detach().to(dtype)
    losses = []
    size = chunk_size(len(weight), dtype)
    for h, target in zip(hidden.detach().split(size), targets.split(size), strict=True):
        z = torch.addmm(b, h.to(dtype), w.T).float()
        losses.append(z.logsumexp(1) - z.gather(1, target[:, None])[:, 0])
    return torch.cat(losses)
