"""The layers that the latch task compares and torch does not have (needs torch).

    linear RNN   h_t = W_h h_{t-1} + W_x x_t
    tanh RNN     h_t = tanh(W_h h_{t-1} + W_x x_t + b)         torch's own, as are LSTM and GRU
    Transformer  one causal block of the course with learned positions: one step from x_1 to h_T

Letters: B batch, T steps, d = hidden units, n = input features. Like torch's layers, each returns
its states (B, T, d) and a second value that is not used here.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from core.transformer import Transformer


class LinearRNN(nn.Module):
    """h_t = W_h h_{t-1} + W_x x_t, started like torch's RNN: entries uniform in ±1/√d."""

    def __init__(self, n: int, d: int) -> None:
        super().__init__()
        self.W_x = nn.Linear(n, d, bias=False)
        self.W_h = nn.Linear(d, d, bias=False)
        nn.init.uniform_(self.W_h.weight, -(d**-0.5), d**-0.5)

    def forward(self, x: Tensor) -> tuple[Tensor, None]:
        u = self.W_x(x)  # (B, T, d)
        h = u[:, 0]
        states = [h]
        for t in range(1, x.shape[1]):
            h = self.W_h(h) + u[:, t]
            states.append(h)
        return torch.stack(states, dim=1), None


class OneBlock(nn.Module):
    """One causal Transformer block with learned positions: (B, T, n) -> (B, T, d)."""

    def __init__(self, n: int, d: int, T: int) -> None:
        super().__init__()
        self.embed = nn.Linear(n, d)
        self.pos_embed = nn.Embedding(T, d)
        self.block = Transformer(d, d, 2 * d, num_heads=1, num_layers=1)

    def forward(self, x: Tensor) -> tuple[Tensor, None]:
        B, T, _ = x.shape
        causal = torch.ones(T, T, device=x.device).tril().expand(B, T, T)
        out, _ = self.block(self.embed(x) + self.pos_embed.weight[:T], causal)
        return out, None
