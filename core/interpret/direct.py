"""Direct contributions: what each part of a model alone adds to a logit.

Letters   L layers · H heads · d = dim · W selected words or classes · z residual stream

The stream that is read is a sum: z_L = z_0 + Σ_l (Σ_h o_{l,h} + b_l + m_l), with the output o_{l,h}
of every head behind the projection, the projection's bias b_l and the MLP's output m_l. The
model reads it with a LayerNorm and a matrix U; with the LayerNorm's scale s held fixed that is
linear, so the logit is a sum too:

    logit_w = Σ_parts U_w · (γ ⊙ (part − mean(part))) / s + U_w · β + b_w,   s = √(var(z_L) + ε)

With an RMSNorm, as in a Llama, no mean is subtracted, s = √(mean(z_L²) + ε), and β = 0. It leaves
out what a part does through later layers, and that s itself would change.

Sources: Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits" (the sum, direct
paths); nostalgebraist 2020, "Interpreting GPT: the logit lens" (reading earlier layers).
"""

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from core.gpt import DialogueGPT
from core.interpret.block_steps import block_steps
from core.interpret.trace import Trace, Traceable, blocks_of, evaluating, heads_of
from core.models.pretrained.llama import RMSNorm


@dataclass(frozen=True)
class DirectLogits:
    """Of the chosen words, at the token that is read: heads: (L, H, W), the direct contribution of
    each head to the logit. lens: (L+1, W), the logit if the model stopped after each block; scale:
    (L+1,), the LayerNorm's s there. embedding: (W,), mlps: (L, W), rest: (W,), what all biases add.

    The sum of heads, embedding, mlps and rest is lens[-1]. heads · scale[-1] / scale[l] is what a
    head adds to lens[l], for heads of the first l layers.
    """

    heads: Tensor
    lens: Tensor
    scale: Tensor
    embedding: Tensor
    mlps: Tensor
    rest: Tensor

    def without(self, off: frozenset[tuple[int, int]]) -> Tensor:
        """`lens` less what the heads (layer, head) that are off add directly: (L+1, W)."""
        left = self.lens.clone()
        for layer, head in off:
            share = self.scale[-1] / self.scale[layer + 1 :]
            left[layer + 1 :] -= share[:, None] * self.heads[layer, head]
        return left


def direct_logits(
    model: Traceable, traced: Trace, words: list[int], sample: int = 0
) -> DirectLogits:
    """The direct contributions to the logits of `words` (ids or classes), of one traced sample.

    The token that is read is the last one of a text, and the class token of a picture.
    Errors: ValueError for a model that does not read one token by a norm and one linear layer.
    """
    at = -1 if isinstance(model, DialogueGPT) else 0
    norm, unembed = _reading(model)
    centred = isinstance(norm, nn.LayerNorm)
    with torch.no_grad(), evaluating(model):
        heads = heads_of(model)[1]
        stream = traced.stream[sample, :, at]
        spread = stream.var(-1, correction=0) if centred else stream.square().mean(-1)
        scale = (spread + norm.eps).sqrt()
        U = unembed.weight[words] * norm.weight

        def logit(part: Tensor) -> Tensor:
            """(..., d) -> (..., W), the part's own contribution."""
            part = part - part.mean(-1, keepdim=True) if centred else part
            return part @ U.mT / scale[-1]

        added, mlps, biases = [], [], stream.new_zeros(stream.shape[-1])
        for layer, block in enumerate(blocks_of(model)):
            steps = block_steps(model, traced, layer, sample)
            project = block.attn.project_layer
            columns = project.weight.unflatten(1, (heads, -1)).transpose(0, 1)  # (H, d, n)
            added.append((columns @ steps["out"][:, at, :, None])[..., 0])
            mlps.append(steps["mlp"][at])
            biases = biases if project.bias is None else biases + project.bias
        rest = logit(biases)
        if isinstance(norm, nn.LayerNorm):
            rest = rest + unembed.weight[words] @ norm.bias
        if unembed.bias is not None:
            rest = rest + unembed.bias[words]
        read = stream if isinstance(model, DialogueGPT) else traced.stream[sample]
        return DirectLogits(
            heads=logit(torch.stack(added)),
            lens=model.read_out(read)[..., words],  # the L+1 streams as a batch
            scale=scale,
            embedding=logit(stream[0]),
            mlps=logit(torch.stack(mlps)),
            rest=rest,
        )


def _reading(model: Traceable) -> tuple[nn.LayerNorm | RMSNorm, nn.Linear]:
    head = list(model.head)
    kinds = [type(part) for part in head]
    if kinds not in ([nn.LayerNorm, nn.Linear], [RMSNorm, nn.Linear]) or hasattr(model, "pooled"):
        raise ValueError(
            f"{type(model).__name__} does not read one token by a LayerNorm and a linear layer, so "
            "its logits are not a sum of its heads' contributions."
        )
    return cast("nn.LayerNorm | RMSNorm", head[0]), cast(nn.Linear, head[1])
