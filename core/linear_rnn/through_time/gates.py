"""The gates of an LSTM that was trained to keep one symbol, step by step in NumPy.

    f_t = σ(W_f x_t + U_f h_{t-1} + b_f)      forget gate: how much of the cell is kept
    i_t = σ(W_i x_t + U_i h_{t-1} + b_i)      input gate: how much is written
    g_t = tanh(W_g x_t + U_g h_{t-1} + b_g)   what is written
    c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t,   h_t = o_t ⊙ tanh(c_t),   p_t = softmax(R h_t + r)

Source: Hochreiter and Schmidhuber 1997; the forget gate: Gers, Schmidhuber, Cummins 2000. The
weights are those of `python -m core.linear_rnn.through_time.gates_experiment`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.system.measurements import load, shipped

Array = NDArray[np.float64]

SHIPPED = shipped("lstm_gates")
COMMAND = "python -m core.linear_rnn.through_time.gates_experiment"
SYMBOLS, NOISE, DELAY, LONGEST = 8, 2, 20, 60
BIASES = (0.0, 1.0, 2.0)  # of the forget gate before training; 0 is torch's


@dataclass(frozen=True)
class LSTM:
    """W: (4 d, n), U: (4 d, d), b: (4 d,), rows as torch has them: i, f, g, o; R: (8, d), r: (8,).

    accuracy: on 256 new sequences after the training.
    """

    W: Array
    U: Array
    b: Array
    R: Array
    r: Array
    accuracy: float

    @property
    def units(self) -> int:
        return int(self.U.shape[1])


@dataclass(frozen=True)
class Steps:
    """i, f, o, c: (B, T, d); p: (B, T, 8), the probability of each symbol after each step."""

    i: Array
    f: Array
    o: Array
    c: Array
    p: Array


@lru_cache(maxsize=1)
def read(path: Path = SHIPPED) -> tuple[dict[float, LSTM], dict[str, Any]]:
    """The LSTMs by their forget-gate bias before training, and how they were trained.

    Errors: OSError, ValueError, KeyError, TypeError for a missing or damaged file.
    """
    stored = load(path)
    lstms = {}
    for lstm in stored["lstms"]:
        arrays = {name: np.array(lstm[name], dtype=float) for name in ("W", "U", "b", "R", "r")}
        lstms[float(lstm["forget_bias"])] = LSTM(**arrays, accuracy=lstm["accuracy"])
    return lstms, stored["about"]


def sequence(symbol: int, delay: int, seed: int = 0) -> Array:
    """x (1, delay + 1, 10): the symbol (from 0) as one-hot, then normal noise."""
    x = np.zeros((1, delay + 1, SYMBOLS + NOISE))
    x[:, 0, symbol] = 1
    drawn = np.random.default_rng(seed).normal(size=(LONGEST, NOISE))
    x[:, 1:, SYMBOLS:] = drawn[:delay]
    return x


def run(lstm: LSTM, x: Array, added: float = 0.0) -> Steps:
    """All gates and states on x (B, T, n); added: to the bias of every forget gate."""
    d = lstm.units
    b = lstm.b.copy()
    b[d : 2 * d] += added
    h = c = np.zeros((len(x), d))
    steps = []
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] @ lstm.W.T + h @ lstm.U.T + b, 4, axis=1)
        i, f, o = (1 / (1 + np.exp(-a)) for a in (i, f, o))
        c = f * c + i * np.tanh(g)
        h = o * np.tanh(c)
        logits = h @ lstm.R.T + lstm.r
        p = np.exp(logits - logits.max(1, keepdims=True))
        steps.append((i, f, o, c, p / p.sum(1, keepdims=True)))
    return Steps(*(np.stack(part, axis=1) for part in zip(*steps, strict=True)))


def accuracy(lstm: LSTM, delay: int, added: float = 0.0) -> float:
    """The share of 256 sequences, 32 of each symbol, whose symbol is right after the delay."""
    symbols = np.arange(256) % SYMBOLS
    x = np.concatenate([sequence(s, delay, seed) for seed, s in enumerate(symbols.tolist(), 1)])
    return float((run(lstm, x, added).p[:, -1].argmax(1) == symbols).mean())


def most_kept(lstm: LSTM) -> tuple[float, float]:
    """∏_{t=2}^{T} f_t, the share of c_1 that is left in c_T, of the unit with the largest one; and
    the gate that would leave as much if it were the same at every step. Means over all symbols.
    """
    x = np.concatenate([sequence(symbol, DELAY, symbol) for symbol in range(SYMBOLS)])
    left = float(run(lstm, x).f[:, 1:].prod(axis=1).mean(axis=0).max())
    return left, left ** (1 / DELAY)
