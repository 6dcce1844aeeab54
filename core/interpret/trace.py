"""What a model did on one input: attention per layer and head, residual stream, logits.

Letters   B batch · T tokens · L layers · H heads · n = n_hidden, the head dimension
          A attention weights (B, L, H, T_query, T_key) · z residual stream (B, L+1, T, dim)

`trace` computes every map with the textbook softmax and can change what the heads do.
`attention_only` runs torch's fused attention and computes only the maps that are asked for.
Both run in eval mode, and neither changes what the model predicts.

Source: Vaswani et al. 2017, eq. 1.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from core.attention import Attend, attention_weights, causal_mask
from core.gpt import DialogueGPT
from core.models.compact_vit import CompactViT
from core.transformer import AttentionResidual
from core.vit import VisionTransformer

Traceable = VisionTransformer | DialogueGPT
Hook = Callable[[int, Tensor], Tensor]  # (layer, A of that layer) -> the A used instead


@dataclass(frozen=True)
class Trace:
    """attention: (B, L, H, T_query, T_key), the weights really used; stream: (B, L+1, T, dim),
    entry 0 the embedding, entry l the stream after block l; logits: (B, T, V) or (B, classes)."""

    logits: Tensor
    attention: Tensor
    stream: Tensor


@dataclass(frozen=True)
class Edit:
    """Changes inside the model.

    mask: (T, T) of 0/1 used in every layer instead of the model's own; None leaves that.
    temperature: scores are divided by it before the softmax; above 1 flattens, below 1 sharpens.
    off: pairs (layer, head), counted from 0, whose output is set to zero.
    """

    mask: Tensor | None = None
    temperature: float = 1.0
    off: frozenset[tuple[int, int]] = frozenset()

    def __post_init__(self) -> None:
        if not 0.0 < self.temperature < float("inf"):
            raise ValueError(f"The temperature must be above 0, not {self.temperature!r}.")

    def switch(self, layer: int, alphas: Tensor) -> Tensor:
        """(B, H, T, T) -> the same with zeros for the heads of this layer that are off."""
        heads = [head for number, head in self.off if number == layer]
        if not heads:
            return alphas
        gate = torch.ones(alphas.shape[-3], 1, 1, dtype=alphas.dtype, device=alphas.device)
        gate[heads] = 0.0
        return alphas * gate


UNCHANGED = Edit()


def trace(model: Traceable, inputs: Tensor, edit: Edit = UNCHANGED) -> Trace:
    """Run the model with the textbook softmax. inputs: images (B, C, S, S) or token ids (B, T).

    Without an edit the logits are bit for bit those of `model(inputs)`.
    Errors: ValueError for inputs, masks, layers or heads that do not fit the model.
    """
    check_inputs(model, inputs)
    for layer, head in edit.off:
        check_head(model, layer, head)
    with torch.no_grad(), evaluating(model):
        z = model.embed(inputs)
        mask = own_mask(model, z.shape[1], z.device) if edit.mask is None else edit.mask
        if mask is not None and mask.shape[-2:] != (z.shape[1], z.shape[1]):
            raise ValueError(
                f"The mask is for {mask.shape[-1]} tokens, but this input has {z.shape[1]}."
            )
        z, maps, stream = forward_with_hooks(model, z, mask, edit.switch, edit.temperature)
        return Trace(model.read_out(z), torch.stack(maps, 1), torch.stack(stream, 1))


def forward_with_hooks(
    model: Traceable,
    z: Tensor,
    mask: Tensor | None,
    hook: Hook | None = None,
    temperature: float = 1.0,
    first: int = 0,
) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """Every block, textbook softmax: z (B, T, dim) -> the last stream, L maps, L+1 streams.

    first: the block to begin with; z is then the stream before it, and fewer maps and streams come.
    """
    maps: list[Tensor] = []
    stream = [z]

    def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        alphas = attention_weights(q if temperature == 1.0 else q / temperature, k, mask)
        if hook is not None:
            alphas = hook(first + len(maps), alphas)
        return alphas @ v, alphas

    for block in blocks_of(model)[first:]:
        z, alphas = block(z, mask, attend)
        maps.append(alphas)
        stream.append(z)
    return z, maps, stream


def attention_only(
    model: Traceable,
    inputs: Tensor,
    layer: int | None = None,
    head: int | None = None,
    sample: int | None = None,
) -> tuple[Tensor, Tensor]:
    """The logits of the whole batch, and only the maps asked for; None asks for all of that axis.

    Returns logits and attention (B or 1, L or 1, H or 1, T_query, T_key). Every layer runs fused
    (no T×T matrix is kept); a requested map costs one extra Q Kᵀ and softmax.
    """
    check_inputs(model, inputs)
    check_head(model, layer or 0, head or 0)
    if sample is not None and not 0 <= sample < len(inputs):
        raise ValueError(f"There is no sample {sample} in a batch of {len(inputs)}.")
    rows = slice(None) if sample is None else slice(sample, sample + 1)
    columns = slice(None) if head is None else slice(head, head + 1)
    maps = []
    with torch.no_grad(), evaluating(model):
        z = model.embed(inputs)
        causal = isinstance(model, DialogueGPT)
        hidden = future_hidden(z.shape[1], causal, z.device).to(z.dtype)
        fused = fused_attention(causal)

        def attend(q: Tensor, k: Tensor, v: Tensor, mask: None) -> tuple[Tensor, Tensor | None]:
            maps.append(one_softmax(q[rows, columns], k[rows, columns], hidden))
            return fused(q, k, v, mask)

        for number, block in enumerate(blocks_of(model)):
            z, _ = block(z, None, attend if layer in (None, number) else fused)
        only_map = maps[0].unsqueeze(1)
        return model.read_out(z), only_map if len(maps) == 1 else torch.stack(maps, 1)


@lru_cache(maxsize=8)
def future_hidden(tokens: int, causal: bool, device: torch.device) -> Tensor:
    """(T, T) to add to scores: −∞ above the diagonal if causal, else 0. Shared: never change it."""
    hidden = torch.zeros(tokens, tokens, device=device)
    return hidden.masked_fill_(~causal_mask(tokens, device), -torch.inf) if causal else hidden


def one_softmax(q: Tensor, k: Tensor, hidden: Tensor) -> Tensor:
    """softmax(Q Kᵀ / √n + hidden) in two kernels, `attention_weights` when no row is all hidden.

    q, k: (B, H, T, n); hidden: (T, T), 0 where a query may look and −∞ where not.
    """
    scores = torch.baddbmm(hidden, q.flatten(0, 1), k.flatten(0, 1).mT, alpha=q.shape[-1] ** -0.5)
    return scores.softmax(-1).view(*q.shape[:2], *hidden.shape)


def fused_logits(model: Traceable, inputs: Tensor) -> Tensor:
    """The plain fused forward: logits and nothing else."""
    check_inputs(model, inputs)
    with torch.no_grad(), evaluating(model):
        fused = fused_attention(isinstance(model, DialogueGPT))
        z, _ = model.transformer(model.embed(inputs), attend=fused)
        return model.read_out(z)


def fused_attention(causal: bool) -> Attend:
    """softmax(Q Kᵀ / √n) V by torch's fused kernel, which never holds the softmax."""

    def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> tuple[Tensor, None]:
        return scaled_dot_product_attention(q, k, v, is_causal=causal), None

    return attend


def causal_leak(
    model: DialogueGPT, ids: Tensor, position: int, new_id: int, edit: Edit = UNCHANGED
) -> Tensor:
    """Change the token at `position` of ids (1, T): the largest change of a logit at each
    position, (T,). Before `position` it is exactly 0.0 if the model cannot see the future."""
    if not 0 <= position < ids.shape[1]:
        raise ValueError(f"There is no position {position} in a text of {ids.shape[1]} tokens.")
    changed = ids.clone()
    changed[:, position] = new_id
    difference = trace(model, changed, edit).logits - trace(model, ids, edit).logits
    return difference[0].abs().amax(-1)


def blocks_of(model: Traceable) -> list[AttentionResidual]:
    """The L blocks, first one first."""
    return [cast(AttentionResidual, block) for block in model.transformer.layers]


def heads_of(model: Traceable) -> tuple[int, int]:
    """(L, H)."""
    blocks = blocks_of(model)
    return len(blocks), blocks[0].attn.num_heads


def own_mask(model: Traceable, tokens: int, device: torch.device | None = None) -> Tensor | None:
    """The mask the model was trained with: causal (T, T) for a GPT, none for a ViT."""
    return causal_mask(tokens, device) if isinstance(model, DialogueGPT) else None


def block_token(mask: Tensor, token: int) -> Tensor:
    """A copy of mask (T, T) in which only the token itself may look at that token."""
    blocked = mask.clone().bool()
    blocked[:, token] = False
    blocked[token, token] = True
    return blocked


def check_head(model: Traceable, layer: int, head: int) -> None:
    """Errors: ValueError when the model has no such layer or head."""
    layers, heads = heads_of(model)
    if not (0 <= layer < layers and 0 <= head < heads):
        raise ValueError(
            f"There is no layer {layer}, head {head} (counted from 0): "
            f"this model has {layers} layers of {heads} heads."
        )


def check_inputs(model: Traceable, inputs: Tensor) -> None:
    """Errors: ValueError when the inputs are not ids (B, T) or images (B, C, S, S) as needed."""
    if isinstance(model, DialogueGPT):
        vocabulary = model.token_embed.num_embeddings
        if inputs.ndim != 2 or inputs.shape[1] == 0 or inputs.is_floating_point():
            raise ValueError(f"A GPT reads token ids (B, T), not {tuple(inputs.shape)}.")
        if int(inputs.min()) < 0 or int(inputs.max()) >= vocabulary:
            raise ValueError(f"Token ids must be from 0 to {vocabulary - 1}.")
        return
    channels = next(m for m in model.patch_embed.modules() if isinstance(m, nn.Conv2d)).in_channels
    if inputs.ndim != 4 or inputs.shape[1] != channels or not inputs.is_floating_point():
        raise ValueError(
            f"A ViT reads floating-point images (B, {channels}, S, S), "
            f"not {tuple(inputs.shape)} of {inputs.dtype}."
        )
    if inputs.shape[-1] * inputs.shape[-2] // 16 != model.pos_E.num_embeddings and isinstance(
        model, CompactViT
    ):
        raise ValueError(
            f"This model has positions for {model.pos_E.num_embeddings} patches of 4×4 pixels, "
            f"but the image has {inputs.shape[-2]}×{inputs.shape[-1]} pixels."
        )


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Eval mode (no dropout) inside the context; afterwards every module is as before."""
    training = [module for module in model.modules() if module.training]
    for module in training:
        module.training = False
    try:
        yield
    finally:
        for module in training:
            module.training = True
