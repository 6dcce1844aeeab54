"""python -m core.linear_rnn.through_time.gates_experiment: three LSTMs that keep a symbol, or not.

They differ in the forget gate's bias before training only; all take a few seconds on one core.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from torch import nn

from core.linear_rnn.latch_task import MemoryTask, new_model, train
from core.linear_rnn.through_time.gates import BIASES, COMMAND, DELAY, SHIPPED
from core.system.device import this_machine, use_threads
from core.system.measurements import save

STEPS, UNITS = 600, 16


def trained(forget_bias: float, steps: int = STEPS) -> dict[str, object]:
    """One training: the weights, rounded to four digits, and the accuracy at its end."""
    task = MemoryTask(delay=DELAY, steps=steps, hidden=UNITS, forget_bias=forget_bias)
    model = new_model("LSTM", task)
    *_, last = train(model, "LSTM", task, steps)
    assert isinstance(model.layer, nn.LSTM)
    of = model.layer.get_parameter
    weights = {
        "W": of("weight_ih_l0"), "U": of("weight_hh_l0"),
        "b": of("bias_ih_l0") + of("bias_hh_l0"), "R": model.read.weight, "r": model.read.bias,
    }  # fmt: skip
    rounded = {name: w.detach().double().numpy().round(4).tolist() for name, w in weights.items()}
    return {"forget_bias": forget_bias, "accuracy": round(last.accuracy, 4), **rounded}


def main() -> None:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=SHIPPED)
    arguments = parser.parse_args()
    use_threads(1)
    about = {
        "delay": DELAY, "steps": STEPS, "units": UNITS, "machine": this_machine(),
        "date": time.strftime("%Y-%m-%d"),
    }  # fmt: skip
    save(arguments.out, {"about": about, "lstms": [trained(bias) for bias in BIASES]})


if __name__ == "__main__":
    main()
