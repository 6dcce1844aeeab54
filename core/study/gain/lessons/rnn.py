"""Items on the unrolled RNN: factors, decay and a state computed by hand."""

from __future__ import annotations

from core.study.gain.short_test import Item, task
from core.study.grading.number_task import NumberTask


def factors(value: tuple[int, int]) -> NumberTask:
    """T − i factors W_h before x_i."""
    from core.linear_rnn.algebra import activation_argument, words
    from core.linear_rnn.unrolling import unroll

    T, i = value
    inside = activation_argument(unroll(T))
    assert inside is not None
    count = next(word.count("W_h") for word in words(inside) if word[-1] == f"x_{i}")
    return task(
        f"The linear RNN is unrolled to y_{T}, with h_0 = 0. How many factors W_h stand before "
        f"x_{i}?",
        count, "factors", f"One for each step from {i} to {T}: {T} − {i} = {count}.",
    )  # fmt: skip


def share_left(value: tuple[float, int]) -> NumberTask:
    """ρ^k, from the powers of a 1×1 matrix."""
    import numpy as np

    from core.linear_rnn.powers import powers

    rho, k = value
    left = float(np.asarray(powers(np.array([[rho]]), k))[-1].item())
    return task(
        f"W_h is the 1×1 matrix {rho:g}. What share of the first input is left in the state after "
        f"{k} more steps?",
        left, "share", f"{rho:g}^{k} = {left:.4g}.", 0.02,
    )  # fmt: skip


def state(value: tuple[int, int, int, int]) -> NumberTask:
    """h_3 of the scalar recurrence."""
    w, *inputs = value
    h = 0
    for x in inputs:
        h = w * h + x
    return task(
        f"Each step multiplies the state by {w} and adds its input, beginning with h_0 = 0. The "
        f"inputs are x_1 = {inputs[0]}, x_2 = {inputs[1]}, x_3 = {inputs[2]}. What is h_3?",
        h, "", f"{w}²·{inputs[0]} + {w}·{inputs[1]} + {inputs[2]} = {h}.",
    )  # fmt: skip


ITEMS = (
    Item([(T, i) for T in range(5, 11) for i in range(1, T - 1)], factors),
    Item([(rho, k) for rho in (0.5, 0.6, 0.7, 0.8, 0.9) for k in (2, 3, 4)], share_left),
    Item([(w, a, b, c) for w in (2, 3) for a in (1, 2, 4) for b in (1, 3) for c in (2, 5)], state),
)
