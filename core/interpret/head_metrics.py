"""Head metrics: a few numbers per layer and head, each of shape (L, H).

Sources: Clark et al. 2019, "What Does BERT Look At?" (entropy, previous token, first token);
Olsson et al. 2022, "In-context Learning and Induction Heads", section 2 (repeated random tokens);
Michel et al. 2019, "Are Sixteen Heads Really Better than One?" (removing one head).
"""

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from core.gpt import DialogueGPT
from core.interpret.trace import (
    Traceable,
    check_inputs,
    evaluating,
    forward_with_hooks,
    heads_of,
    own_mask,
    trace,
)


def entropy(attention: Tensor) -> Tensor:
    """−Σ_j a_ij ln a_ij in nats over the keys: (..., T_query, T_key) -> (..., T_query).

    0: all weight on one token; ln n: the weight is spread evenly over n tokens.
    """
    return -torch.xlogy(attention, attention).sum(-1)


def mean_distance(attention: Tensor, places: Tensor | None = None) -> Tensor:
    """Σ_j a_ij |p_i − p_j|, mean over the queries: (..., T, T) -> (...).

    places: (T, 2) row and column of each token for a grid (Euclidean distance, in patches);
    without it tokens lie on a line (distance in tokens).
    """
    tokens = attention.shape[-1]
    line = torch.arange(tokens, dtype=attention.dtype)[:, None] if places is None else places
    distance = torch.cdist(line, line)
    return (attention * distance).sum(-1).mean(-1)


def grid_places(side: int) -> Tensor:
    """(side², 2): row and column of the patches of a ViT, without the class token."""
    r, c = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    return torch.stack([r.flatten(), c.flatten()], 1).float()


def previous_token(attention: Tensor) -> Tensor:
    """The mean weight on the token just before: (..., T, T) -> (...); 0 for a single token."""
    before = attention.diagonal(-1, dim1=-2, dim2=-1)
    return before.mean(-1) if before.shape[-1] else attention.new_zeros(attention.shape[:-2])


def first_token(attention: Tensor) -> Tensor:
    """The mean weight of all later queries on token 0: (..., T, T) -> (...)."""
    later = attention[..., 1:, 0]
    return later.mean(-1) if later.shape[-1] else attention.new_zeros(attention.shape[:-2])


def induction(model: DialogueGPT, generator: torch.Generator, length: int = 24) -> Tensor:
    """Repeated random tokens: the second copy's weight on what followed the first, (L, H).

    Draws `length` random words s, feeds [s, s] (4 times over), and takes the mean of
    A[length + i, i + 1] for i = 0 … length − 2. A head near 1 completes "… a b … a" with b.
    """
    length = max(2, min(length, model.max_N // 2))
    vocabulary = model.token_embed.num_embeddings
    words = torch.randint(min(3, vocabulary - 1), vocabulary, (4, length), generator=generator)
    attention = trace(model, words.repeat(1, 2)).attention
    stripe = attention.diagonal(1 - length, dim1=-2, dim2=-1)  # entry i is A[length - 1 + i, i]
    return stripe[..., 1:].mean((0, -1))


def induction_targets(ids: Tensor) -> Tensor:
    """Where an induction head looks: the token after the last earlier occurrence of each token.

    ids: (T,) -> (T,): for token i the largest j + 1 with ids[j] = ids[i] and j < i, -1 if the
    token is new.
    """
    seen: dict[int, int] = {}
    targets = []
    for i, token in enumerate(ids.tolist()):
        targets.append(seen.get(token, -2) + 1)
        seen[token] = i
    return torch.tensor(targets)


def repeated(ids: Tensor) -> Tensor:
    """Which of the T − 1 next tokens only continue a repetition: where an induction head finds the
    next token itself. ids: (T,) -> (T − 1,) of booleans."""
    targets = induction_targets(ids)[:-1]
    return (targets >= 0) & (ids[targets] == ids[1:])


def loss_by_token(logits: Tensor, ids: Tensor) -> Tensor:
    """−ln p of each next token, in nats: (B, T, V) and (B, T) -> (B, T − 1)."""
    log_p = logits[:, :-1].log_softmax(-1)
    return -log_p.gather(-1, ids[:, 1:, None])[..., 0]


def surprise(model: Traceable, logits: Tensor, inputs: Tensor, answer: int) -> Tensor:
    """The loss of each sample in nats, (B,): −ln p of the class `answer` for a ViT; for a GPT the
    mean −ln p of the text's own next tokens, or of `answer` when the text is a single token."""
    if not isinstance(model, DialogueGPT):
        return -logits.log_softmax(-1)[:, answer]
    if inputs.shape[1] == 1:
        return -logits.log_softmax(-1)[:, -1, answer]
    return loss_by_token(logits, inputs).mean(-1)


def removal_effect(model: Traceable, inputs: Tensor, answer: int, at_once: int = 6) -> Tensor:
    """How much the loss (nats) rises when one head's output is set to zero: (L, H).

    inputs: one sample (1, …). `answer`: see `surprise`. The heads are removed one at a
    time, `at_once` of them together in a batch.
    """
    return torch.stack(list(removal_effects(model, inputs, answer, at_once)))


def removal_effects(
    model: Traceable, inputs: Tensor, answer: int, at_once: int = 6
) -> Iterator[Tensor]:
    """`removal_effect` layer by layer, (H,) each: layers before that of the head run only once."""
    check_inputs(model, inputs)
    heads = heads_of(model)[1]
    with torch.no_grad(), evaluating(model):
        z = model.embed(inputs)
        mask = own_mask(model, z.shape[1], z.device)
        last, _, stream = forward_with_hooks(model, z, mask)
        intact = surprise(model, model.read_out(last), inputs, answer)
    for layer, before in enumerate(stream[:-1]):
        effect = torch.zeros(heads)
        for part in torch.arange(heads).split(at_once):
            gate = torch.ones(len(part), heads, 1, 1)
            gate[torch.arange(len(part)), part] = 0.0
            tokens = inputs.expand(len(part), *inputs.shape[1:])
            with torch.no_grad(), evaluating(model):
                last, _, _ = forward_with_hooks(
                    model, before.expand(len(part), -1, -1), mask,
                    partial(_gated, layer, gate), first=layer,
                )  # fmt: skip
                lost = surprise(model, model.read_out(last), tokens, answer)
            effect[part] = lost - intact
        yield effect


def _gated(layer: int, gate: Tensor, number: int, alphas: Tensor) -> Tensor:
    """gate: (B, H, 1, 1) of 0/1 for one layer; alphas: (B, H, T, T) of layer `number`."""
    return alphas * gate if number == layer else alphas
