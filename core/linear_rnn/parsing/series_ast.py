"""The tree of a typed answer: T and the index of a sum stay symbols until it is expanded for a T.

    phi_y(Wy * sum(Wh^(T-i) * Wx * x_i, i=1..T))
    at T = 2:    φ_y(W_y (W_h W_x x_1 + W_h⁰ W_x x_2))

There are seven kinds of node; powers and indices are sums of whole numbers, T and index names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from core.linear_rnn.expansion import Expanded, Expander, Word

MAX_POWER = 64
MAX_INDEX = 99
MAX_TERMS = 24  # of one sum, written out

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


def constant(form: Linear) -> int | None:
    """The number that a power or an index is; None when T or an index is in it."""
    return form.get("", 0) if set(form) <= {""} else None


def free_names(node: Node) -> frozenset[str]:
    """The names in powers, indices and limits, without the indices that the sums define."""
    match node:
        case Letter():
            return frozenset()
        case Vector(index=index):
            return frozenset(index) - {""}
        case Power(base=base, exponent=exponent):
            return free_names(base) | (frozenset(exponent) - {""})
        case Product(factors=parts) | Total(terms=parts):
            return frozenset().union(*(free_names(part) for part in parts))
        case Phi(argument=argument):
            return free_names(argument)
        case Series(body=body, name=name, low=low, high=high):
            return (free_names(body) - {name}) | ((frozenset(low) | frozenset(high)) - {""})


def reach(node: Node) -> int:
    """Σ of the plain numbers in the limits of all sums.

    A sum over i = 6 … T is empty up to T = 5. Beyond this length no range becomes empty or
    non-empty any more, since limits are sums and differences of T, indices and numbers.
    """
    match node:
        case Power(base=part) | Phi(argument=part):
            return reach(part)
        case Product(factors=parts) | Total(terms=parts):
            return sum(reach(part) for part in parts)
        case Series(body=body, low=low, high=high):
            return reach(body) + abs(low.get("", 0)) + abs(high.get("", 0))
    return 0


def expand(node: Node, T: int, expander: Expander) -> Counter[Word]:
    """The words of the answer for a sequence of T inputs, all sums written out, multiplied out.

    Raises ValueError, one sentence, for a negative or large power, an index that is none of the
    sequence, a letter without a value, or more than the expander may write.
    """
    return Counter(_expand(node, {"T": T}, expander).words)


def _expand(node: Node, values: Mapping[str, int], expander: Expander) -> Expanded:
    match node:
        case Letter(name="0"):
            return expander.whole(0)
        case Letter(name="1" | "I"):
            return expander.whole(1)
        case Letter(name=name):
            return expander.letter(name)
        case Vector(letter=letter, index=index):
            return expander.letter(_vector(letter, _number(index, values), values))
        case Power(base=base, exponent=exponent):
            k = _number(exponent, values)
            if not 0 <= k <= MAX_POWER:
                size = "negative" if k < 0 else "too large"
                raise ValueError(
                    f"A power is {size}: it becomes {_short(k)} {_where(values)}, "
                    f"and it should count the steps that an input has waited."
                )
            return expander.power(_expand(base, values, expander), k)
        case Product(factors=factors):
            return expander.product([_expand(part, values, expander) for part in factors])
        case Total(terms=terms):
            return expander.sum([_expand(part, values, expander) for part in terms])
        case Phi(argument=argument):
            return expander.phi_y(_expand(argument, values, expander))
        case Series(body=body, name=name, low=low, high=high):
            first, last = _number(low, values), _number(high, values)
            if "T" in low and "T" not in high:  # counted downwards, T … 1
                first, last = last, first
            if last - first >= MAX_TERMS:
                raise ValueError(
                    f"The sum is too large: it has {_short(last - first + 1)} terms "
                    f"{_where(values)}; the sequence has only T inputs."
                )
            steps = range(first, last + 1)
            return expander.sum([_expand(body, {**values, name: i}, expander) for i in steps])


def _vector(letter: str, index: int, values: Mapping[str, int]) -> str:
    if letter == "x" and index < 1:
        raise ValueError(
            f"The inputs start at x_1, and the answer uses x_{_short(index)} {_where(values)}: "
            f"check the first and the last index."
        )
    if index < 0 or index > MAX_INDEX:
        raise ValueError(
            f"{letter}_{_short(index)} {_where(values)} is not a step of the sequence."
        )
    return f"{letter}_{index}"


def _number(form: Linear, values: Mapping[str, int]) -> int:
    unknown = sorted(set(form) - set(values) - {""})
    if unknown:
        raise ValueError(
            f"{unknown[0][:20]!r} has no value: "
            f"use T, or an index that a sum runs over, as in i=1..T."
        )
    return sum(k * (values[name] if name else 1) for name, k in form.items())


def _where(values: Mapping[str, int]) -> str:
    shown = [f"{name[:20]} = {_short(value)}" for name, value in values.items()]
    return "at " + ", ".join([*shown[:4], "…"] if len(shown) > 4 else shown)


def _short(number: int) -> str:
    return f"{number:,}" if abs(number) < 10**9 else "an enormous number"
