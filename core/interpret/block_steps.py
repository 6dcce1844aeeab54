"""One block, step by step: all its heads at once, then the MLP, on the residual stream.

    x → q, k, v → Q Kᵀ → ÷ √n → mask → softmax → A V → concatenate → project → + z → MLP → +

`core.interpret.head_steps` has the same for one head, with the line of code of each step.
Source: Vaswani et al. 2017, sections 3.1 to 3.3.
"""

import math

import torch
from torch import Tensor

from core.interpret.trace import Trace, Traceable, blocks_of, check_head, own_mask


def block_steps(model: Traceable, traced: Trace, layer: int, sample: int = 0) -> dict[str, Tensor]:
    """Every matrix of block `layer` (from 0) on one sample, by the names of `head_steps`.

    (H, T, n): q, k, v, out. (H, T, T): scores, scaled, masked, alpha. (T, dim): z, x, attended,
    after, and mlp with the stream behind it, end. (T, H·n): concat.
    Errors: ValueError when there is no such layer.
    """
    check_head(model, layer, 0)
    block = blocks_of(model)[layer]
    z, end = traced.stream[sample, layer], traced.stream[sample, layer + 1]
    with torch.no_grad():
        x = block.attention_input(z)
        q, k, v = (part[0] for part in block.attn.split_qkv(x[None]))
        scores = q @ k.mT
        scaled = scores / math.sqrt(block.attn.n_hidden)
        mask = own_mask(model, len(z), z.device)
        masked = scaled if mask is None else scaled.masked_fill(~mask, -torch.inf)
        alpha = traced.attention[sample, layer]
        out = alpha @ v
        concat = out.transpose(0, 1).flatten(1)
        attended = block.attn.project_layer(concat)
        after = z + attended
    return {
        "z": z, "x": x, "q": q, "k": k, "v": v, "scores": scores, "scaled": scaled,
        "masked": masked, "alpha": alpha, "out": out, "concat": concat, "attended": attended,
        "after": after, "mlp": end - after, "end": end,
    }  # fmt: skip


def stream_norms(model: Traceable, traced: Trace, sample: int = 0) -> Tensor:
    """‖z‖ of every token (2L+1, T): after the embedding, and in each block after the attention and
    after the MLP."""
    norms = [traced.stream[sample, 0].norm(dim=-1)]
    for layer in range(len(blocks_of(model))):
        steps = block_steps(model, traced, layer, sample)
        norms += [steps["after"].norm(dim=-1), steps["end"].norm(dim=-1)]
    return torch.stack(norms)
