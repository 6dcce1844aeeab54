"""A typed answer as a SymPy expression, read by the parser in `core.linear_rnn.parsing`.

Nothing that was typed is evaluated: the parser builds a tree of seven kinds of node, and the tree
becomes SymPy objects one by one (`sympify` and `parse_expr`, which evaluate code, are not used).
"""

from __future__ import annotations

import re

import sympy

from core.linear_rnn.algebra import (
    W_h,
    W_x,
    W_y,
    b,
    h,
    phi_y_inside,
    power,
    product,
    total,
    words,
    x,
)
from core.linear_rnn.parsing.series_ast import (
    MAX_INDEX,
    MAX_POWER,
    Letter,
    Linear,
    Node,
    Phi,
    Power,
    Product,
    Total,
    Vector,
    constant,
)
from core.linear_rnn.parsing.series_parser import parse

_EXAMPLE = "for example phi_y(W_y W_h W_x x_1 + W_y W_x x_2)"
_LETTERS = {"W_h": W_h, "W_x": W_x, "W_y": W_y, "b": b}
_FOREIGN = re.compile(r"[\"'`]|[^\x00-\x7f\sφϕ⁰¹²³⁴-⁹₀-₉]\w*")
_BRACKETED_POWER = re.compile(r"(?:\^|\*\*)\s*[(\[]")


def parse_answer(text: str) -> sympy.Basic:
    """The SymPy expression a student typed, products in the order typed.

    Understood: W_h, W_x, W_y, x_1, x_2, …, h_0, h_1, …, b (underscores may be left out);
    juxtaposition, `*` and `@` for the product; `+`; `^2`, `**2` or `²` for a small whole power;
    round or square brackets; phi_y(…), phi(…) or φ_y(…); the same in LaTeX. Raises ValueError,
    one sentence, for everything else; nothing of the text is evaluated.
    """
    if not isinstance(text, str):
        raise ValueError(f"An answer of type {type(text).__name__} cannot be read: give its text.")
    if "=" in text:
        raise ValueError(f"Write only what stands right of the = sign, {_EXAMPLE}.")
    if foreign := _FOREIGN.search(text):
        raise ValueError(
            f"{foreign.group()[:12]!r} is not a letter of the RNN: "
            f"use W_h, W_x, W_y, x_1, x_2, …, h_0, b, phi_y."
        )
    if _BRACKETED_POWER.search(text):
        raise ValueError("A power must be a whole number written after ^, as in W_h^2.")
    expression = _expression(parse(text))
    words(expression)  # refuses a harmless-looking text that multiplies out without end
    return expression


def _expression(node: Node) -> sympy.Basic:
    match node:
        case Letter(name=name):
            if name not in _LETTERS:
                raise ValueError(
                    f"{name} cannot stand alone here: an answer is made of W_h, W_x, W_y, x_1, "
                    f"x_2, …, h_0, b and phi_y."
                )
            return _LETTERS[name]
        case Vector(letter=letter, index=index):
            return (x if letter == "x" else h)(_step(letter, index))
        case Power(base=base, exponent=exponent):
            return power(_expression(base), _exponent(exponent))
        case Product(factors=factors):
            return product(*map(_expression, factors))
        case Total(terms=terms):
            return total(*map(_expression, terms))
        case Phi(argument=argument):
            return phi_y_inside(_expression(argument))
    raise ValueError(f"A sum must be written out here, one term an input, {_EXAMPLE}.")


def _step(letter: str, index: Linear) -> int:
    t = constant(index)
    if t is None or not (letter == "x") <= t <= MAX_INDEX:
        raise ValueError(
            f"{letter} needs a step of the sequence: "
            f"inputs are x_1 to x_{MAX_INDEX}, states h_0 to h_{MAX_INDEX}."
        )
    return t


def _exponent(exponent: Linear) -> int:
    k = constant(exponent)
    if k is None or not 0 <= k <= MAX_POWER:
        raise ValueError(f"A power must be a whole number from 0 to {MAX_POWER}, as in W_h^2.")
    return k
