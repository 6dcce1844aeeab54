"""The linear RNN: all powers of its matrix at once, against one `matrix_power` each."""

from collections.abc import Callable

import numpy as np

from benchmarks.measure import Row, alternate, rate
from core.linear_rnn.matrices import preset, with_radius
from core.linear_rnn.powers import Array, powers

POWERS, SIZE = 512, 32
PASSES = 20  # of the work in one timing, so that it lasts some ten milliseconds


def powers_in_a_loop(W: Array, count: int) -> list[Array]:
    return [np.linalg.matrix_power(W, t) for t in range(1, count + 1)]


def rnn_powers_vs_matrix_power(repeats: int) -> Row:
    """W^1 … W^512 by doubling against one `matrix_power` after the other."""
    W = with_radius(preset("gaussian", SIZE), 0.95)
    assert np.allclose(powers(W, POWERS), powers_in_a_loop(W, POWERS), rtol=1e-6)

    def product() -> int:
        for _ in range(PASSES):
            powers(W, POWERS)
        return PASSES * POWERS

    def reference() -> int:
        return len(powers_in_a_loop(W, POWERS))

    return alternate(
        "rnn-powers-vs-matrix-power",
        "powers/s",
        lambda: rate(reference),
        lambda: rate(product),
        repeats,
        f"float64, t up to {POWERS}, d {SIZE}; reference: numpy.linalg.matrix_power for every t",
    )


ROWS: dict[str, Callable[[int], Row]] = {
    "rnn-powers-vs-matrix-power": rnn_powers_vs_matrix_power,
}
