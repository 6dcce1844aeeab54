"""From the probabilities of a text's words to a loss: nats, bits and perplexity.

    L = −(1/T) Σ_t ln p_t        nats a token; L / ln 2 in bits
    perplexity = e^L = 2^(bits) = (p_1 · p_2 · … · p_T)^(−1/T)

p_t is the probability that the model gave to the token that came, given those before it. So the
perplexity is one over the geometric mean of the p_t: a word that is 100 times less probable makes
it 100^(1/T) times as large, wherever the word is.

Source: Jelinek et al. 1977, "Perplexity: a measure of the difficulty of speech recognition tasks".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from core.gpt import DialogueGPT


def mean_loss(probabilities: ArrayLike) -> float:
    """L = −(1/T) Σ ln p_t of p (T,), in nats a token; infinite if one is 0."""
    with np.errstate(divide="ignore"):
        return float(-np.log(np.asarray(probabilities, dtype=np.float64)).mean())


def bits(nats: float) -> float:
    """The same information in bits: nats / ln 2."""
    return float(nats / np.log(2))


def perplexity(probabilities: ArrayLike) -> float:
    """e^L of p (T,): T equally probable choices have the perplexity T."""
    return float(np.exp(mean_loss(probabilities)))


def token_probabilities(model: DialogueGPT, ids: Sequence[int]) -> NDArray[np.float64]:
    """p_t = P(ids[t] | ids[:t]) for every token but the first, (T-1,); one pass over the text."""
    import torch

    given = torch.tensor([list(ids)])
    with torch.inference_mode():
        logits, _ = model(given[:, :-1])
    probabilities = logits.double().softmax(-1).gather(-1, given[:, 1:, None])
    return np.asarray(probabilities[0, :, 0].numpy())
