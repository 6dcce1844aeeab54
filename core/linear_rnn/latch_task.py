"""The latch task: an RNN, LSTM, GRU and Transformer learn to remember one symbol (needs torch).

In the form of S. Hochreiter and J. Schmidhuber, "Long Short-Term Memory",
1997, section 5: a symbol is shown at step 1, followed by `delay` steps of noise; at the last step
the network has to name the symbol. With K = 8 symbols, guessing is right 1/8 of the time. Only the
path from step 1 to step T helps, so the gradient ‖∂h_T/∂x_1‖ decides
(Bengio, Simard, Frasconi 1994; Pascanu, Mikolov, Bengio 2013, section 2).

torch initialises W_h with entries uniform in ±1/√d, of variance 1/(3d): by the circular law the
spectral radius is about 1/√3 = 0.58, and 0.58^20 = 2·10^-5. `orthogonal` initialises W_h of the
linear and the tanh RNN with ρ = 1 instead (A. Saxe, J. McClelland, S. Ganguli, 2014, section 4).
The LSTM's cell is c_t = f_t c_{t-1} + …; torch's biases near 0 start the forget gate f_t at
σ(0) = ½, `forget_bias` = 1 starts it at σ(1) = 0.73 (R. Jozefowicz, W. Zaremba, I. Sutskever, "An
Empirical Exploration of Recurrent Network Architectures", 2015, section 2.2).
The layers that torch does not have are in `recurrent_cells`.

Letters: B batch, T = delay + 1 steps, d = hidden units, n = K + 2 input features.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.linear_rnn.recurrent_cells import LinearRNN, OneBlock
from core.system.eager import eager

Array = NDArray[np.float64]
Layer = Literal["linear RNN", "tanh RNN", "LSTM", "GRU", "Transformer"]

LAYERS: tuple[Layer, ...] = ("linear RNN", "tanh RNN", "LSTM", "GRU", "Transformer")
SYMBOLS, NOISE = 8, 2


@dataclass(frozen=True)
class MemoryTask:
    """The settings of one training."""

    delay: int = 20
    steps: int = 300
    hidden: int = 32
    batch: int = 64
    learning_rate: float = 5e-3
    orthogonal: bool = False
    forget_bias: float = 0.0  # of the LSTM's forget gate; 0 leaves torch's initialisation
    seed: int = 0

    def __post_init__(self) -> None:
        limits = {"delay": 200, "steps": 5000, "hidden": 128, "batch": 512}
        for name, largest in limits.items():
            value = getattr(self, name)
            if not 1 <= value <= largest:
                raise ValueError(f"{name} is {value}: choose a whole number from 1 to {largest}.")


@dataclass(frozen=True)
class MemoryRecord:
    """One measurement of a training; the first and the last record have gradient norms."""

    layer: Layer
    step: int
    loss: float
    accuracy: float  # on fresh sequences
    gradient: Array | None = None  # (T,) ‖∂h_T/∂x_t‖_F for t = 1 … T


class Memory(nn.Module):
    """A layer that reads the sequence, and a linear read-out of its last state."""

    def __init__(self, layer: Layer, task: MemoryTask) -> None:
        super().__init__()
        n, d = SYMBOLS + NOISE, task.hidden
        self.layer: nn.Module
        if layer == "linear RNN":
            self.layer = LinearRNN(n, d)
        elif layer == "Transformer":
            self.layer = OneBlock(n, d, task.delay + 1)
        else:
            kind = {"tanh RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}[layer]
            self.layer = kind(n, d, batch_first=True)
        self.read = nn.Linear(d, SYMBOLS)
        if task.orthogonal and isinstance(self.layer, LinearRNN):
            nn.init.orthogonal_(self.layer.W_h.weight)
        elif task.orthogonal and layer == "tanh RNN":
            nn.init.orthogonal_(self.layer.get_parameter("weight_hh_l0"))
        if task.forget_bias and isinstance(self.layer, nn.LSTM):
            open_forget_gate(self.layer, task.forget_bias)

    def last_state(self, x: Tensor) -> Tensor:
        """h_T: (B, T, n) -> (B, d)."""
        states: Tensor = self.layer(x)[0]
        return states[:, -1]

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.read(self.last_state(x))
        return logits


@torch.no_grad()
def open_forget_gate(lstm: nn.LSTM, bias: float) -> None:
    """Set the forget gate's bias of a one-layer LSTM; torch adds two, and the other becomes 0.

    torch stores the gates as input, forget, cell, output, d rows each.
    """
    forget = slice(lstm.hidden_size, 2 * lstm.hidden_size)
    lstm.get_parameter("bias_ih_l0")[forget] = bias
    lstm.get_parameter("bias_hh_l0")[forget] = 0.0


def forget_gates(lstm: nn.LSTM, x: Tensor) -> Tensor:
    """f_t = σ(W_f x_t + b_f + U_f h_{t-1}) for t = 2 … T: (B, T, n) -> (B, T - 1, d)."""
    W, U, b, c = (lstm.get_parameter(f"{name}_l0").detach().chunk(4)[1] for name in (
        "weight_ih", "weight_hh", "bias_ih", "bias_hh"
    ))  # fmt: skip
    with torch.no_grad():
        h, _ = lstm(x)
        return torch.sigmoid(x[:, 1:] @ W.T + h[:, :-1] @ U.T + b + c)


def sequences(task: MemoryTask, count: int, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """x (count, delay + 1, n): a one-hot symbol, then noise; and the symbols (count,)."""
    symbols = torch.randint(SYMBOLS, (count,), generator=random)
    x = torch.zeros(count, task.delay + 1, SYMBOLS + NOISE)
    x[:, 1:, SYMBOLS:] = torch.randn(count, task.delay, NOISE, generator=random)
    x[torch.arange(count), 0, symbols] = 1.0
    return x, symbols


def train_memory(layer: Layer, task: MemoryTask, every: int = 25) -> Iterator[MemoryRecord]:
    """Train one layer on the task (Adam, clipped gradients); a record every `every` steps.

    Same task and layer, same records. Raises ValueError for an unknown layer.
    """
    yield from train(new_model(layer, task), layer, task, every)


def new_model(layer: Layer, task: MemoryTask) -> Memory:
    """An untrained model; the global random state stays. Raises ValueError for an unknown layer."""
    if layer not in LAYERS:
        raise ValueError(f"There is no layer {layer!r}: choose one of {', '.join(LAYERS)}.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(task.seed)
        return Memory(layer, task)


def train(model: Memory, layer: Layer, task: MemoryTask, every: int) -> Iterator[MemoryRecord]:
    """Train the model; a record every `every` steps."""
    random = torch.Generator().manual_seed(task.seed)
    fresh = sequences(task, 256, torch.Generator().manual_seed(task.seed + 1))
    optimiser = eager(torch.optim.Adam)(model.parameters(), lr=task.learning_rate)
    loss_of = nn.CrossEntropyLoss()
    for step in range(task.steps + 1):
        x, symbols = sequences(task, task.batch, random)
        loss = loss_of(model(x), symbols)
        if step % every == 0 or step == task.steps:
            ends = step in (0, task.steps)
            yield MemoryRecord(
                layer=layer,
                step=step,
                loss=float(loss.detach()),
                accuracy=_accuracy(model, *fresh),
                gradient=gradient_by_step(model, fresh[0][0]) if ends else None,
            )
        if step < task.steps:
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()


def gradient_by_step(model: Memory, x: Tensor) -> Array:
    """‖∂h_T/∂x_t‖_F for every t, (T,), on one sequence x (T, n), by one backward pass.

    The sequence is run d times as a batch; copy k gives the k-th entry of its h_T to a sum, so the
    gradient of that sum at copy k is the k-th row of all the Jacobians.
    """
    d = model.read.in_features
    copies = x.expand(d, *x.shape).clone().requires_grad_()
    (rows,) = torch.autograd.grad(model.last_state(copies).diagonal().sum(), copies)
    return np.asarray(rows.double().pow(2).sum(dim=(0, 2)).sqrt().numpy())


def _accuracy(model: Memory, x: Tensor, symbols: Tensor) -> float:
    with torch.no_grad():
        return float((model(x).argmax(dim=-1) == symbols).double().mean())
