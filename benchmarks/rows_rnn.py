"""The linear RNN: all states and all powers at once, against the loops one would write first."""

from collections.abc import Callable

import numpy as np

from benchmarks.measure import Row, alternate, rate
from core.linear_rnn.matrices import preset, with_radius
from core.linear_rnn.powers import Array, powers, states

T, POWERS, SIZE = 1024, 512, 32
PASSES = 20  # of the work in one timing, so that it lasts some ten milliseconds


def states_in_a_loop(W_h: Array, W_x: Array, x: Array) -> Array:
    """h_t = W_h h_{t-1} + W_x x_t, as it stands on the board; x (B, T, n) -> (B, T, d)."""
    h = np.zeros((len(x), len(W_h)))
    found = np.empty((len(x), x.shape[1], len(W_h)))
    for t in range(x.shape[1]):
        h = h @ W_h.T + x[:, t] @ W_x.T
        found[:, t] = h
    return found


def states_in_a_loop_of_one(W_h: Array, W_x: Array, x: Array) -> Array:
    """The same for one sequence, with the cheaper matrix-vector products: the faster loop there."""
    h = np.zeros(len(W_h))
    found = np.empty((1, x.shape[1], len(W_h)))
    for t, x_t in enumerate(x[0]):
        h = W_h @ h + W_x @ x_t
        found[0, t] = h
    return found


def powers_in_a_loop(W: Array, count: int) -> list[Array]:
    return [np.linalg.matrix_power(W, t) for t in range(1, count + 1)]


def _states_row(name: str, d: int, batch: int, passes: int, repeats: int) -> Row:
    rng = np.random.default_rng(0)
    W_h, W_x = with_radius(preset("gaussian", d), 0.95), rng.normal(size=(d, d))
    x = rng.normal(size=(batch, T, d))
    loop = states_in_a_loop_of_one if batch == 1 else states_in_a_loop
    assert np.allclose(loop(W_h, W_x, x), states(W_h, W_x, x))

    def timed(work: Callable[[Array, Array, Array], Array]) -> Callable[[], float]:
        def once() -> int:
            for _ in range(passes):
                work(W_h, W_x, x)
            return passes * batch * T

        return lambda: rate(once)

    conditions = f"float64, T {T}, d {d}, batch {batch}; reference: NumPy loop over T"
    return alternate(name, "states/s", timed(loop), timed(states), repeats, conditions)


def rnn_states_vs_loop(repeats: int) -> Row:
    """Small states: the loop's time goes into Python, chunked products do without."""
    return _states_row("rnn-states-vs-loop", 16, 1, PASSES, repeats)


def rnn_states_vs_loop_d64(repeats: int) -> Row:
    """Large states: the products themselves are the limit, and both sides make the same."""
    return _states_row("rnn-states-vs-loop-d64", 64, 32, 1, repeats)


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
    "rnn-states-vs-loop": rnn_states_vs_loop,
    "rnn-states-vs-loop-d64": rnn_states_vs_loop_d64,
    "rnn-powers-vs-matrix-power": rnn_powers_vs_matrix_power,
}
