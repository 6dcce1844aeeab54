"""Faults of training and of the recurrence: the target, the gradient, the state, the power."""

from __future__ import annotations

import numpy as np

from core.study.faults.fault import Array, Fault, softmax

RATE, GOAL, STEPS = 0.1, 3.0, 12
DECAY, INPUTS = 0.5, 4


def next_token_loss(logits: Array, ids: Array) -> Array:
    """-ln p of token t + 1 by the logits at t: T - 1 numbers, in nats."""
    p = softmax(logits[:-1])
    return np.asarray(-np.log(p[np.arange(len(ids) - 1), ids[1:]]))


def own_token_loss(logits: Array, ids: Array) -> Array:
    """-ln p of token t by the logits at t, which have just read it."""
    p = softmax(logits)
    return np.asarray(-np.log(p[np.arange(len(ids)), ids]))


def descend(goal: float, rate: float, steps: int) -> Array:
    """The values of w while (w - goal)² / 2 is minimised from w = 0; each step a new gradient."""
    w, path = 0.0, []
    for _ in range(steps):
        gradient = w - goal
        w -= rate * gradient
        path.append(w)
    return np.array(path)


def descend_accumulating(goal: float, rate: float, steps: int) -> Array:
    """The gradients of all steps before are still in the sum."""
    w, gradient, path = 0.0, 0.0, []
    for _ in range(steps):
        gradient += w - goal
        w -= rate * gradient
        path.append(w)
    return np.array(path)


def last_states(W_h: Array, sequences: Array) -> Array:
    """h_T of each sequence (B, T, d), each from h_0 = 0."""
    states = []
    for x in sequences:
        h = np.zeros(len(W_h))
        for x_t in x:
            h = W_h @ h + x_t
        states.append(h)
    return np.array(states)


def last_states_carried(W_h: Array, sequences: Array) -> Array:
    """Each sequence starts from the state that the one before left."""
    states, h = [], np.zeros(len(W_h))
    for x in sequences:
        for x_t in x:
            h = W_h @ h + x_t
        states.append(h)
    return np.array(states)


def unrolled(W_h: Array, x: Array) -> Array:
    """h_T = Σ_{i=1..T} W_h^{T-i} x_i, (d,)."""
    T = len(x)
    return np.asarray(sum(np.linalg.matrix_power(W_h, T - i) @ x[i - 1] for i in range(1, T + 1)))


def unrolled_one_too_many(W_h: Array, x: Array) -> Array:
    """With the power T - i + 1."""
    T = len(x)
    powers = (np.linalg.matrix_power(W_h, T - i + 1) for i in range(1, T + 1))
    return np.asarray(sum(power @ x_i for power, x_i in zip(powers, x, strict=True)))


def _echo() -> tuple[Array, Array]:
    """A model that has learned to repeat the token it reads, and a text of six tokens."""
    ids = np.array([0, 1, 2, 3, 0, 2])
    return 6.0 * np.eye(4)[ids], ids


def _same_sequence_twice() -> tuple[Array, Array]:
    return DECAY * np.eye(1), np.ones((2, INPUTS, 1))


def _one_sequence() -> tuple[Array, Array]:
    return DECAY * np.eye(1), np.ones((INPUTS, 1))


LEARNING = {
    "not_shifted": Fault(
        "Loss in nats of a model that only repeats its input, token by token", "The mean loss",
        False, own_token_loss, next_token_loss, _echo,
        lambda loss: loss, lambda loss: float(loss.mean()),
    ),
    "not_zeroed": Fault(
        "w in steps 1 to 12; the best value is 3", "The largest w on the way",
        True, descend_accumulating, descend, lambda: (GOAL, RATE, STEPS),
        lambda path: path, lambda path: float(path.max()),
    ),
    "state_carried": Fault(
        "h_T of the same sequence of four inputs, read twice",
        "The difference between the two states",
        True, last_states_carried, last_states, _same_sequence_twice,
        np.ravel, lambda h: float(abs(h[1, 0] - h[0, 0])),
    ),
    "power": Fault(
        "h_T for T = 4, W_h = ½ and inputs of 1", "h_T",
        False, unrolled_one_too_many, unrolled, _one_sequence,
        np.ravel, lambda h: float(h[0]),
    ),
}  # fmt: skip
