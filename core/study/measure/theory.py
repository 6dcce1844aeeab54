"""The numbers of model answers that need no trained model: algebra, time and gradients.

Each function returns the values that `core.study.measure.store.MEASUREMENTS` names.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from core.linear_rnn.flops import (
    LAYERS,
    CostRecord,
    counts,
    read_report,
    time_on_units,
    units_where_attention_wins,
)
from core.study.measure.store import Values

if TYPE_CHECKING:
    from core.linear_rnn.latch_task import Layer

COST_D, COST_T = 64, (64, 1024)
PARALLEL_T, UNITS = 1024, 1024  # where the shipped measurement is quoted
LOSS_T = (20, 200)  # where the gradient to the first token is compared
SIDE, PATCH = 32, 4  # a picture of CIFAR-10, and the course's patch


def unrolled() -> Values:
    """Largest |y_T (sum) - y_T (recurrence)| on random matrices with φ_y = tanh."""
    from core.linear_rnn.proof import difference

    return {f"at_{T}": difference(T) for T in (2, 3, 10)}


def decay() -> Values:
    """‖W^k‖ of the non-normal preset at ρ = 0.9: its peak, k = 1000; half-life of a mode.
    chain: the peak and the largest entry of a matrix with ρ on its diagonal and 1 above it."""
    from core.linear_rnn.decay import growth
    from core.linear_rnn.matrices import preset, with_radius

    size, radius = 16, 0.9
    W = preset("nonnormal", size)
    T, peak = growth(W).at(radius).peak()
    end = float(np.linalg.norm(np.linalg.matrix_power(with_radius(W, radius), 1000), 2))
    half_life = math.log(0.5) / math.log(radius)
    chain = radius * np.eye(size) + np.eye(size, k=1)
    norms = [float(np.linalg.norm(np.linalg.matrix_power(chain, k), 2)) for k in range(400)]
    return {
        **{"size": size, "peak": peak, "peak_step": T, "half_life": half_life, "end": end},
        **{"chain_peak": max(norms), "chain_entry": float(chain.max())},
    }


def cost() -> Values:
    """Forward times of both layers at a short and a long T, in ms, with 1 and 2 threads."""
    from core.linear_rnn import cost as linear_rnn_cost

    return cost_values(linear_rnn_cost.measure_apart([COST_D], COST_T), COST_D)


def cost_values(records: Iterable[CostRecord], d: int) -> Values:
    """The values of `cost`: times on this machine's CPU at the shortest and the longest T."""
    from core.system.device import whole_machine

    times = {
        (record.layer, record.threads, record.T): record.fastest * 1e3
        for record in records
        if record.d == d and record.device == "cpu"
    }
    low, high = (pick(T for *_, T in times) for pick in (min, max))
    rnn, attention = LAYERS
    return {
        **{"machine": whole_machine(), "d": d, "T_low": low, "T_high": high},
        **{"rnn_low": times[rnn, 1, low], "rnn_high": times[rnn, 1, high]},
        **{"attention_low": times[attention, 1, low], "attention_high": times[attention, 1, high]},
        **{"rnn_two": times[rnn, 2, high], "attention_two": times[attention, 2, high]},
    }


def parallel() -> Values:
    """The shipped measurement at one T and d with 1 and 2 threads, in ms, and Brent's bound."""
    report, T, d, P = read_report(), PARALLEL_T, COST_D, UNITS
    values: Values = {"machine": report.machine, "T": T, "d": d, "P": P}
    times = {layer: report.seconds(layer, T, d) for layer in LAYERS}
    for layer, name in zip(LAYERS, ("rnn", "attention"), strict=True):
        one, two = times[layer][1], times[layer][2]
        values |= {f"{name}_one": 1e3 * one, f"{name}_two": 1e3 * two, f"{name}_gain": one / two}
        values[f"{name}_units"] = 1e3 * time_on_units(one, counts(layer, T, d), P)
    crossing = units_where_attention_wins(times["RNN"][1], times["attention"][1], T, d)
    return values | {"crossing": math.inf if crossing is None else crossing}


def forget_gate() -> Values:
    """By which factor a step the gradient ‖∂h_T/∂x_t‖ falls from t = T to 1, at the start and after
    300 steps of training: a tanh RNN, a GRU, an LSTM, and one with forget bias 1 ("opened"). And
    the mean forget gate of the LSTM before and after it."""
    import torch
    from torch import nn

    from core.linear_rnn.latch_task import MemoryTask, forget_gates, new_model, sequences, train

    delay = 15
    values: Values = {"delay": delay}
    trainings: tuple[tuple[str, Layer, float], ...] = (
        ("lstm", "LSTM", 0.0), ("opened", "LSTM", 1.0), ("tanh", "tanh RNN", 0.0),
        ("gru", "GRU", 0.0),
    )  # fmt: skip
    for name, layer, forget_bias in trainings:
        task = MemoryTask(delay=delay, forget_bias=forget_bias)
        model = new_model(layer, task)
        for when, record in zip(
            ("start", "after"), train(model, layer, task, task.steps), strict=True
        ):
            assert record.gradient is not None
            values[f"{name}_{when}"] = float(
                (record.gradient[0] / record.gradient[-1]) ** (1 / delay)
            )
            if name == "lstm":
                x, _ = sequences(task, 256, torch.Generator().manual_seed(1))
                assert isinstance(model.layer, nn.LSTM)
                values[f"gate_{when}"] = float(forget_gates(model.layer, x).mean())
    return values


def gradient() -> Values:
    """‖∂ last output / ∂ x_1‖₂ after few and after many steps, of an RNN and of one fresh head."""
    import torch

    from core.attention import AttentionHead
    from core.linear_rnn.gradient import gradient_norms
    from core.linear_rnn.matrices import preset, with_radius

    d, radius = 16, 0.9
    near, far = LOSS_T
    rnn = gradient_norms(with_radius(preset("gaussian", d), radius), LOSS_T)
    torch.manual_seed(0)
    head = AttentionHead(d, d)
    attention = []
    for T in LOSS_T:
        x = torch.randn(1, T, d)

        def last(first: torch.Tensor, x: torch.Tensor = x) -> torch.Tensor:
            out: torch.Tensor = head(torch.cat([first, x[:, 1:]], 1), None)[0]
            return out[0, -1]

        jacobian = torch.autograd.functional.jacobian(last, x[:, :1])
        attention.append(float(torch.linalg.matrix_norm(jacobian.view(d, d), 2)))
    return {
        **{"near": near, "far": far, "rnn_near": float(rnn[0]), "rnn_far": float(rnn[1])},
        **{"attention_near": attention[0], "attention_far": attention[1], "radius": radius},
    }


def pieces() -> Values:
    """Time of one head over a picture's pixels, and over its patches, in ms."""
    import torch

    from core.attention import AttentionHead
    from core.system.device import this_machine

    head = AttentionHead(128, 64).eval()
    pixels, patches = SIDE * SIDE, (SIDE // PATCH) ** 2
    inputs = {T: torch.randn(1, T, 128) for T in (pixels, patches)}
    with torch.inference_mode():
        pixel_ms = median_ms(lambda: head(inputs[pixels], None))
        patch_ms = median_ms(lambda: head(inputs[patches], None))
    return {
        **{"machine": this_machine(), "pixels": pixels, "patches": patches},
        **{"pixel_ms": pixel_ms, "patch_ms": patch_ms},
    }


def positions() -> Values:
    """How far a shift by k is from one matrix for all t: the sinusoidal code, and a random one."""
    from core.models.positions import sinusoidal, turn

    tokens, dim, k = 2000, 64, 7
    table = sinusoidal(tokens + k, dim)
    guess = np.random.default_rng(0).normal(size=table.shape)
    matrix, *_ = np.linalg.lstsq(guess[:-k], guess[k:], rcond=None)
    return {
        **{"tokens": tokens, "dim": dim, "k": k},
        "sinusoidal": float(np.abs(table[:-k] @ turn(dim, k).T - table[k:]).max()),
        "random": float(np.abs(guess[:-k] @ matrix - guess[k:]).mean() / np.abs(guess).mean()),
    }


def median_ms(run: Callable[[], object]) -> float:
    """Median time of nine runs after one warm-up."""
    run()
    milliseconds = []
    for _ in range(9):
        began = time.perf_counter()
        run()
        milliseconds.append((time.perf_counter() - began) * 1e3)
    return statistics.median(milliseconds)
