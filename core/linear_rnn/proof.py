"""Two checks that the unrolled sum equals the recurrence: by algebra, and on random matrices."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import sympy
from numpy.typing import NDArray

from core.linear_rnn.algebra import activation_argument, is_power, is_product, is_sum, words
from core.linear_rnn.unrolling import recurrence, unroll

Array = NDArray[np.float64]

STATE, INPUT, OUTPUT = 4, 3, 2  # d, n, m of the random matrices


def remainder(T: int, *, start_state: bool = False, bias: bool = False) -> int:
    """The number of terms left of (unrolled sum) - (recurrence), multiplied out: 0 if equal."""
    summed = unroll(T, start_state=start_state, bias=bias).args[0]
    nested = recurrence(T, start_state=start_state, bias=bias).args[0]
    return len(words(sympy.MatAdd(summed, sympy.MatMul(-1, nested))))


def difference(T: int, *, start_state: bool = False, bias: bool = False, seed: int = 0) -> float:
    """Largest |y_T (sum) - y_T (recurrence, step by step)| on random matrices, with φ_y = tanh."""
    rng = np.random.default_rng(seed)
    W_h = rng.normal(size=(STATE, STATE)) / 2
    W_x, W_y = rng.normal(size=(STATE, INPUT)), rng.normal(size=(OUTPUT, STATE))
    x = rng.normal(size=(T, INPUT))
    h_0 = rng.normal(size=STATE) if start_state else np.zeros(STATE)
    b = rng.normal(size=STATE) if bias else np.zeros(STATE)

    h = h_0
    for t in range(T):
        h = W_h @ h + W_x @ x[t] + b
    stepped = np.tanh(W_y @ h)

    values = {"W_h": W_h, "W_x": W_x, "W_y": W_y, "b": b, "h_0": h_0}
    values |= {f"x_{t + 1}": x[t] for t in range(T)}
    summed = evaluate(unroll(T, start_state=start_state, bias=bias), values)
    return float(np.abs(summed - stepped).max())


def evaluate(expr: sympy.Basic, values: Mapping[str, Array]) -> Array:
    """The value of the expression for these values of its letters; φ_y is tanh."""
    inside = activation_argument(expr)
    if inside is not None:
        return np.tanh(evaluate(inside, values))
    if is_sum(expr):
        return np.asarray(sum(evaluate(a, values) for a in expr.args))
    if is_product(expr):
        result = evaluate(expr.args[-1], values)
        for factor in reversed(expr.args[:-1]):
            result = evaluate(factor, values) @ result
        return result
    if is_power(expr):
        return np.linalg.matrix_power(evaluate(expr.args[0], values), int(expr.args[1]))
    return values[expr.name]
