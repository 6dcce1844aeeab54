"""The logit lens: what a model would answer if it ended after each block.

Letters   B batch · T tokens · L layers · z residual stream (B, L+1, T, dim), as in a `Trace`

Source: nostalgebraist 2020, "Interpreting GPT: the logit lens".
"""

import torch
from torch import Tensor

from core.gpt import DialogueGPT
from core.interpret.trace import Traceable, evaluating


def logit_lens(model: Traceable, stream: Tensor, top: int = 5) -> tuple[Tensor, Tensor]:
    """The logit lens, the prediction if the model stopped after each block: softmax(read_out(z_l)).

    stream: (B, L+1, T, dim) -> probabilities and ids, (B, L+1, T, top) for a GPT (each position
    predicts its next token) and (B, L+1, top) for a ViT.
    """
    with torch.no_grad(), evaluating(model):
        best = [model.read_out(z).softmax(-1) for z in stream.unbind(1)]
    best_of = [p.topk(min(top, p.shape[-1])) for p in best]
    return torch.stack([b.values for b in best_of], 1), torch.stack([b.indices for b in best_of], 1)


def lens_probability(model: Traceable, stream: Tensor, ids: Tensor) -> Tensor:
    """The logit lens for given tokens: the probability of ids[b, t] as next token after position t,
    if the model stopped after each block. stream: (B, L+1, T, dim), ids: (B, T) -> (B, L+1, T)."""
    with torch.no_grad(), evaluating(model):
        each = [model.read_out(z).softmax(-1).gather(-1, ids[..., None]) for z in stream.unbind(1)]
    return torch.stack(each, 1)[..., 0]


def lens_words(model: DialogueGPT, stream: Tensor) -> tuple[Tensor, Tensor]:
    """The logit lens of a text, with every logit computed once: stream (B, L+1, T, dim) -> the best
    next token of each layer, and the probability it gives to the last layer's; both (B, L+1, T).
    """
    with torch.no_grad(), evaluating(model):
        final = model.read_out(stream[:, -1]).argmax(-1, keepdim=True)
        best, probability = [], []
        for z in stream.unbind(1):
            logits = model.read_out(z)
            best.append(logits.argmax(-1))
            own = logits.gather(-1, final)[..., 0]
            probability.append((own - logits.logsumexp(-1)).exp())
    return torch.stack(best, 1), torch.stack(probability, 1)
