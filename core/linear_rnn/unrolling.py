"""The linear RNN, unrolled by substitution: symbols only, no numbers.

    h_t = W_h h_{t-1} + W_x x_t,   h_0 = 0,        y_t = φ_y(W_y h_t)

    h_T = Σ_{i=1..T} W_h^{T-i} W_x x_i             y_T = φ_y(W_y h_T)

On how x_1 fades or explodes in that sum (the factor W_h^{T-1}) see Y. Bengio,
P. Simard, P. Frasconi, "Learning Long-Term Dependencies with Gradient Descent is Difficult",
IEEE Trans. Neural Networks 5(2), 1994, and of R. Pascanu, T. Mikolov, Y. Bengio, "On the
difficulty of training recurrent neural networks", ICML 2013, equations (3) to (7). The numbers
are in `powers`, `decay` and `gradient`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import sympy

from core.linear_rnn.algebra import (
    W_h,
    W_x,
    W_y,
    b,
    h,
    phi_y,
    power,
    product,
    total,
    x,
)

MAX_T = 12
Collect = Literal["input", "power"]


@dataclass(frozen=True)
class SubstitutionStep:
    """One line of the derivation: the expression for y_T, and its new parts."""

    number: int
    kind: Literal["start", "substitute", "multiply out", "collect"]
    expression: sympy.Basic  # φ_y( … ), equal to y_T
    new: tuple[sympy.Basic, ...]  # the parts of `expression` this step wrote
    sentence: str


def unroll(
    T: int, *, start_state: bool = False, bias: bool = False, collect: Collect = "input"
) -> sympy.Basic:
    """y_T in terms of the inputs alone.

        y_T = φ_y( Σ_{i=1..T} W_y W_h^{T-i} W_x x_i )

    `start_state` keeps h_0 ≠ 0 (one more term, W_y W_h^T h_0), `bias` adds b to every step.
    Collected by "input", the terms run from x_1 to x_T and then through the biases; by "power",
    from W_h^0 upwards, with what W_h^k multiplies in one bracket.
    Raises ValueError unless 1 ≤ T ≤ 12.
    """
    _check(T)
    start = [_term(T, h(0))] if start_state else []
    if collect == "power":
        terms = [_term(k, _new_input(T - k, bias)) for k in range(T)]
        return phi_y(total(*terms, *start))
    inputs = [_term(T - i, product(W_x, x(i))) for i in range(1, T + 1)]
    biases = [_term(T - i, b) for i in range(1, T + 1)] if bias else []
    return phi_y(total(*start, *inputs, *biases))


def unroll_steps(
    T: int, *, start_state: bool = False, bias: bool = False, collect: Collect = "input"
) -> list[SubstitutionStep]:
    """The substitutions that lead from y_T = φ_y(W_y h_T) to `unroll(T)`, one record a step.

    Each state, beginning with h_T, is replaced by the right-hand side of the recurrence, and the
    resulting bracket is multiplied out. Every expression on the way equals y_T.
    Raises ValueError unless 1 ≤ T ≤ 12.
    """
    _check(T)
    steps = [
        SubstitutionStep(
            0,
            "start",
            phi_y(product(W_y, h(T))),
            (),
            f"By definition, y_{T} is computed from h_{T}.",
        )
    ]
    known: list[sympy.Basic] = []  # the finished terms, x_T last
    for t in range(T, 0, -1):
        last = t == 1 and not start_state
        inside = _new_input(t, bias) if last else total(product(W_h, h(t - 1)), *_parts(t, bias))
        substituted = _term(T - t, inside)
        sentence = f"Substitute the recurrence for h_{t}" + (", with h_0 = 0." if last else ".")
        steps.append(_step(steps, "substitute", [substituted, *known], (inside,), sentence))
        parts = [_term(T - t, part) for part in _parts(t, bias)]
        new = parts if last else [_term(T - t + 1, h(t - 1)), *parts]
        if len(new) > 1:
            sentence = f"Multiply out the bracket. W_h now acts on h_{t - 1} once more."
            sentence = "Multiply out the last bracket." if t == 1 else sentence
            steps.append(_step(steps, "multiply out", [*new, *known], tuple(new), sentence))
        known = [*parts, *known]
    final = unroll(T, start_state=start_state, bias=bias, collect=collect)
    if final != steps[-1].expression:
        sentence = "Sort the terms by the " + ("inputs." if collect == "input" else "powers.")
        steps.append(SubstitutionStep(len(steps), "collect", final, (), sentence))
    return steps


def recurrence(T: int, *, start_state: bool = False, bias: bool = False) -> sympy.Basic:
    """y_T with every state substituted and nothing multiplied out (Horner's form).

    y_3 = φ_y(W_y (W_h (W_h W_x x_1 + W_x x_2) + W_x x_3)). Raises ValueError unless 1 ≤ T ≤ 12.
    """
    _check(T)
    first = product(W_h, h(0)) if start_state else None
    state = total(*([first] if first is not None else []), *_parts(1, bias))
    for t in range(2, T + 1):
        state = total(product(W_h, state), *_parts(t, bias))
    return phi_y(product(W_y, state))


def general_sum(*, start_state: bool = False, bias: bool = False) -> str:
    r"""The sum for a symbolic T, as LaTeX:

    y_T = φ_y(W_y Σ_{i=1..T} W_h^{T-i} W_x x_i)
    """
    inner = r"(W_x\, x_i + b)" if bias else r"W_x\, x_i"
    total_ = rf"\sum_{{i=1}}^{{T}} W_h^{{\,T-i}}\, {inner}"
    if start_state:
        total_ = rf"\Bigl(W_h^{{\,T}} h_0 + {total_}\Bigr)"
    return rf"y_T = \varphi_y\Bigl(W_y {total_}\Bigr)"


def _check(T: int) -> None:
    if isinstance(T, bool) or not isinstance(T, int) or not 1 <= T <= MAX_T:
        raise ValueError(f"T is {T!r}: unroll over a whole number of steps from 1 to {MAX_T}.")


def _parts(t: int, bias: bool) -> list[sympy.Basic]:
    """The terms that step t adds to the state: W_x x_t, and b if there is a bias."""
    return [product(W_x, x(t)), *([b] if bias else [])]


def _new_input(t: int, bias: bool) -> sympy.Basic:
    return total(*_parts(t, bias))


def _term(k: int, tail: sympy.Basic) -> sympy.Basic:
    """W_y W_h^k tail."""
    return product(W_y, *([power(W_h, k)] if k else []), tail)


def _step(
    before: list[SubstitutionStep],
    kind: Literal["substitute", "multiply out"],
    terms: list[sympy.Basic],
    new: tuple[sympy.Basic, ...],
    sentence: str,
) -> SubstitutionStep:
    return SubstitutionStep(len(before), kind, phi_y(total(*terms)), new, sentence)
