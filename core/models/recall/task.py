"""The recall task: one attention layer names the symbols at four places of a text (needs torch).

A text has T = 12 random symbols of K = 16. From the output of its last position the layer must name
the symbols at PLACES. H heads of width n = d / H have the same number of parameters for every H:

    W_Q, W_K, W_V: d → H n = d,   W_O: H n → d

Each head takes one weighted mean of values, so one head mixes the four symbols into one vector.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from core.attention import MultiHeadedAttention
from core.models.recall.history import HEADS, PLACES, Trained
from core.system.eager import eager

SYMBOLS, TOKENS, DIM = 16, 12, 32
STEPS, BATCH, LEARNING_RATE = 500, 64, 5e-3


class Recall(nn.Module):
    """x (B, T) of symbols -> logits (B, places, K) and the attention (B, H, T, T)."""

    def __init__(self, heads: int):
        super().__init__()
        self.embed = nn.Embedding(SYMBOLS, DIM)
        self.pos_E = nn.Embedding(TOKENS, DIM)
        self.attention = MultiHeadedAttention(DIM, DIM // heads, heads)
        self.read = nn.Linear(DIM, len(PLACES) * SYMBOLS)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        out, alphas = self.attention(self.embed(x) + self.pos_E.weight)
        assert alphas is not None
        return self.read(out[:, -1]).unflatten(-1, (len(PLACES), SYMBOLS)), alphas


def train(heads: int, seed: int, steps: int = STEPS) -> Trained:
    """One training with Adam. Same arguments, same numbers. Raises ValueError for other heads."""
    if heads not in HEADS:
        raise ValueError(f"{heads} heads: choose one of {', '.join(map(str, HEADS))}.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Recall(heads)
    random = torch.Generator().manual_seed(seed)
    optimiser = eager(torch.optim.Adam)(model.parameters(), lr=LEARNING_RATE)
    places = torch.tensor(PLACES)
    for _ in range(steps):
        x = torch.randint(SYMBOLS, (BATCH, TOKENS), generator=random)
        loss = cross_entropy(model(x)[0].flatten(0, 1), x[:, places].flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    x = torch.randint(SYMBOLS, (1000, TOKENS), generator=random)
    with torch.no_grad():
        logits, alphas = model(x)
    loss = cross_entropy(logits.flatten(0, 1), x[:, places].flatten())
    right = (logits.argmax(-1) == x[:, places]).double().mean()
    rows = alphas[:, :, -1].mean(0)  # (H, T) of the last position
    return Trained(
        heads, seed, sum(p.numel() for p in model.parameters()), round(float(right), 4),
        round(float(loss), 4), [[round(a, 3) for a in row] for row in rows.tolist()],
    )  # fmt: skip
