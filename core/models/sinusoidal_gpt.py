"""The course's GPT with sinusoidal positions, which are defined at every length.

    P[t, 2i]   = sin(t / 10000^(2i/dim))
    P[t, 2i+1] = cos(t / 10000^(2i/dim))

Source: Vaswani et al. 2017, section 3.5.
"""

import torch
from torch import Tensor

from core.gpt import DialogueGPT
from core.models.positions import sinusoidal


def sinusoidal_positions(tokens: int, dim: int) -> Tensor:
    """(tokens, dim) in float32: even columns are sines, odd columns cosines."""
    return torch.from_numpy(sinusoidal(tokens, dim)).float()


class SinusoidalGPT(DialogueGPT):
    """A `DialogueGPT` without `pos_embed`: positions come from the formula, at any length;
    same arguments."""

    def __init__(self, *sizes: int, **named: int):
        super().__init__(*sizes, **named)
        del self.pos_embed
        self.dim = self.token_embed.embedding_dim

    def positions(self, tokens: int) -> Tensor:
        """(tokens, dim); no limit on the length."""
        return sinusoidal_positions(tokens, self.dim).to(self.token_embed.weight)
