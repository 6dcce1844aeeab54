"""Attention sinks: early tokens that draw weight from all later ones, and what hiding them costs.

The weights of a row sum to one, so a head that finds nothing must put its weight somewhere. Many
models learn to put it on the first token or on another early one that says little.

    weight of key j   mean of α_tj over the heads and the queries t ≥ T/2
    cost of key j     mean loss of the tokens after T/2 without key j, minus their loss with it

A hidden key gets the score −∞: from the queries of the second half only, as when a cache drops it,
or from every token after it.

Source: Xiao et al. 2024, "Efficient Streaming Language Models with Attention Sinks", section 3.
"""

import torch
from torch import Tensor

from core.attention import causal_mask
from core.gpt import DialogueGPT
from core.interpret.head_metrics import loss_by_token
from core.interpret.trace import Edit, trace

KEYS = 8  # the first tokens, each of which is hidden in turn
PASSAGE = (
    "KING RICHARD III:\nWhy, what is that to me more than to Richmond? The self-same heaven that "
    "frowns on me looks sadly upon him. A horse! a horse! my kingdom for a horse!"
)


def weights_by_layer(attention: Tensor) -> Tensor:
    """Mean weight of the second half's queries on each of the first keys: (L, H, T, T) -> (L, K).

    At T/2 and after, uniform attention gives about 1.4 / T.
    """
    half = attention.shape[-1] // 2
    return attention[:, :, half:, : min(KEYS, half)].mean((1, 2))


def uniform_weight(tokens: int) -> float:
    """What each key would get from the second half if every query spread its weight evenly."""
    half = tokens // 2
    return float((1 / torch.arange(half + 1, tokens + 1)).mean())


def hide(tokens: int, key: int, *, late: bool) -> Tensor:
    """The causal mask (T, T) without one key for every later token, or for the second half."""
    mask = causal_mask(tokens)
    mask[tokens // 2 if late else key + 1 :, key] = False
    return mask


def cost_of_hiding(model: DialogueGPT, ids: Tensor, *, late: bool) -> Tensor:
    """By how many nats the loss of the second half rises without each of the first keys, (K,).

    ids: (1, T). The tokens that are predicted are the same in all cases.
    """
    tokens = ids.shape[1]
    half = tokens // 2

    def loss(edit: Edit) -> Tensor:
        return loss_by_token(trace(model, ids, edit).logits, ids)[0, half:].mean()

    unedited = loss(Edit())
    edits = (Edit(mask=hide(tokens, key, late=late)) for key in range(min(KEYS, half)))
    return torch.stack([loss(edit) - unedited for edit in edits])
