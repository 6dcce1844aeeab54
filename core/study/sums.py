"""Answers with sums in them: read once with symbolic T and index, then written out for any T.

    phi_y(Wy * sum(Wh^(T-i) * Wx * x_i, i=1..T))
    at T = 2:    φ_y(W_y (W_h W_x x_1 + W_h⁰ W_x x_2))

The text is cut by our own tokeniser and read by a recursive descent that can only build the eight
kinds of node below; powers and indices are sums of whole numbers, T and index names. Nothing of
the text is evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy

from core.linear_rnn_symbols import (
    W_h,
    W_x,
    W_y,
    b,
    d,
    h,
    phi_y_inside,
    power,
    product,
    total,
    x,
)

MAX_POWER = 64
MAX_TERMS = 24  # of one sum, written out
MAX_NODES = 2000  # of one answer, written out

Linear = Mapping[str, int]  # T - i + 1 is {"T": 1, "i": -1, "": 1}


@dataclass(frozen=True)
class Letter:
    """W_h, W_x, W_y, the bias b, the identity (I or 1) or zero (0, as in W_h 0 for W_h h_0)."""

    name: str


@dataclass(frozen=True)
class Vector:
    """x_index or h_index."""

    letter: str
    index: Linear


@dataclass(frozen=True)
class Power:
    base: Node
    exponent: Linear


@dataclass(frozen=True)
class Product:
    factors: tuple[Node, ...]


@dataclass(frozen=True)
class Total:
    terms: tuple[Node, ...]


@dataclass(frozen=True)
class Phi:
    argument: Node


@dataclass(frozen=True)
class Series:
    """Σ body over name = low … high."""

    body: Node
    name: str
    low: Linear
    high: Linear


Node = Letter | Vector | Power | Product | Total | Phi | Series

_LETTERS = {
    **{"W_h": W_h, "W_x": W_x, "W_y": W_y, "b": b},
    **{"I": sympy.Identity(d), "1": sympy.Identity(d), "0": sympy.ZeroMatrix(d, 1)},
}


def names(node: Node) -> frozenset[str]:
    """The letters that powers, indices and limits are written in, without the sums' own indices."""
    match node:
        case Letter():
            return frozenset()
        case Vector(index=index):
            return frozenset(index) - {""}
        case Power(base=base, exponent=exponent):
            return names(base) | (frozenset(exponent) - {""})
        case Product(factors=parts) | Total(terms=parts):
            return frozenset().union(*(names(part) for part in parts))
        case Phi(argument=argument):
            return names(argument)
        case Series(body=body, name=name, low=low, high=high):
            return (names(body) - {name}) | ((frozenset(low) | frozenset(high)) - {""})


def reach(node: Node) -> int:
    """Σ of the plain numbers in the limits of all sums.

    A sum over i = 6 … T is empty up to T = 5. From this length on no range opens or closes any
    more, since every limit is T, an index or a number, or the difference of those.
    """
    match node:
        case Power(base=part) | Phi(argument=part):
            return reach(part)
        case Product(factors=parts) | Total(terms=parts):
            return sum(reach(part) for part in parts)
        case Series(body=body, low=low, high=high):
            return reach(body) + abs(low.get("", 0)) + abs(high.get("", 0))
    return 0


def at(node: Node, T: int) -> sympy.Basic:
    """The expression for a sequence of T inputs, every sum written out.

    Raises ValueError, one sentence, for a negative or large power, an index that is none of the
    sequence, a letter without a value, or a sum that grows too long.
    """
    return _write_out(node, {"T": T}, [MAX_NODES])


def _write_out(node: Node, values: Mapping[str, int], left: list[int]) -> sympy.Basic:
    left[0] -= 1
    if left[0] < 0:
        raise ValueError("The sums written out are too large: one sum over the inputs is enough.")
    match node:
        case Letter(name=name):
            return _LETTERS[name]
        case Vector(letter=letter, index=index):
            return _vector(letter, _number(index, values), values)
        case Power(base=base, exponent=exponent):
            k = _number(exponent, values)
            if not 0 <= k <= MAX_POWER:
                size = "negative" if k < 0 else "too large"
                raise ValueError(
                    f"A power is {size}: it becomes {_short(k)} {_where(values)}, "
                    f"and it should count the steps that an input has waited."
                )
            return power(_write_out(base, values, left), k)
        case Product(factors=factors):
            return product(*(_write_out(part, values, left) for part in factors))
        case Total(terms=terms):
            return total(*(_write_out(part, values, left) for part in terms))
        case Phi(argument=argument):
            return phi_y_inside(_write_out(argument, values, left))
        case Series(body=body, name=name, low=low, high=high):
            first, last = _number(low, values), _number(high, values)
            if "T" in low and "T" not in high:  # counted downwards, T … 1
                first, last = last, first
            if last - first >= MAX_TERMS:
                raise ValueError(
                    f"The sum is too large: it has {_short(last - first + 1)} terms "
                    f"{_where(values)}; the sequence has only T inputs."
                )
            written = [_write_out(body, {**values, name: i}, left) for i in range(first, last + 1)]
            return total(*written) if written else sympy.ZeroMatrix(d, 1)


def _vector(letter: str, index: int, values: Mapping[str, int]) -> sympy.Basic:
    if letter == "x" and index < 1:
        raise ValueError(
            f"The inputs start at x_1, and the answer uses x_{_short(index)} {_where(values)}: "
            f"check the first and the last index."
        )
    if index < 0 or index > 99:
        raise ValueError(f"{letter}_{_short(index)} {_where(values)} is no step of the sequence.")
    return x(index) if letter == "x" else h(index)


def _number(form: Linear, values: Mapping[str, int]) -> int:
    unknown = sorted(set(form) - set(values) - {""})
    if unknown:
        raise ValueError(
            f"{unknown[0]!r} has no value: use T, or an index that a sum runs over, as in i=1..T."
        )
    return sum(k * (values[name] if name else 1) for name, k in form.items())


def _where(values: Mapping[str, int]) -> str:
    return "at " + ", ".join(f"{name} = {value}" for name, value in values.items())


def _short(number: int) -> str:
    return f"{number:,}" if abs(number) < 10**9 else "an enormous number"
