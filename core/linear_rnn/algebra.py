"""The letters of the linear RNN, and the test whether two expressions are equal.

    h_t = W_h h_{t-1} + W_x x_t (+ b),      y_t = φ_y(W_y h_t)

    symbol   shape     meaning
    W_h      d × d     recurrent weights
    W_x      d × n     input weights
    W_y      m × d     output weights
    x_t      n × 1     input at step t
    h_t      d × 1     state after step t
    b        d × 1     input bias (an option of the page, not of the lecture)
    φ_y                output activation

Matrix products do not commute. An expression in these letters is therefore a polynomial in the
free algebra: a sum of *words*, each word a product of letters in their order. Two expressions are
equal when, multiplied out, they contain the same words equally often. This test is exact and needs
no simplifier (for the free algebra see P. M. Cohn, "Free Rings and Their Relations", 1985, ch. 0).

This file computes with symbols only and needs nothing but SymPy.
"""

from __future__ import annotations

from collections import Counter

import sympy
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from core.linear_rnn.expansion import Expanded, Expander, Word

d, n, m = sympy.symbols("d n m", integer=True, positive=True)
W_h = sympy.MatrixSymbol("W_h", d, d)
W_x = sympy.MatrixSymbol("W_x", d, n)
W_y = sympy.MatrixSymbol("W_y", m, d)
b = sympy.MatrixSymbol("b", d, 1)
phi_y = sympy.Function("phi_y")


def x(t: int) -> sympy.MatrixSymbol:
    """The input x_t, a column of n numbers."""
    return sympy.MatrixSymbol(f"x_{t}", n, 1)


def h(t: int) -> sympy.MatrixSymbol:
    """The state h_t, a column of d numbers."""
    return sympy.MatrixSymbol(f"h_{t}", d, 1)


def product(*factors: sympy.Basic) -> sympy.Basic:
    """The product of the factors in this order, unevaluated."""
    return sympy.MatMul(*factors) if len(factors) > 1 else factors[0]


def total(*terms: sympy.Basic) -> sympy.Basic:
    """The sum of the terms in this order, unevaluated."""
    return sympy.MatAdd(*terms) if len(terms) > 1 else terms[0]


def power(base: sympy.Basic, exponent: int) -> sympy.Basic:
    """base^exponent, unevaluated; base^0 is the identity."""
    return sympy.MatPow(base, exponent) if exponent != 1 else base


def phi_y_inside(argument: sympy.Basic) -> sympy.Basic:
    """φ_y(argument) as part of a larger expression, where SymPy accepts only matrices: φ_y is
    applied to each entry of a vector."""
    return ElementwiseApplyFunction(phi_y, argument)


def activation_argument(expr: sympy.Basic) -> sympy.Basic | None:
    """The argument of φ_y if `expr` is φ_y( … ), else None."""
    if isinstance(expr, AppliedUndef):
        return expr.args[0]
    if isinstance(expr, ElementwiseApplyFunction):
        return expr.args[1]
    return None


def is_sum(expr: sympy.Basic) -> bool:
    return isinstance(expr, (sympy.MatAdd, sympy.Add))


def is_product(expr: sympy.Basic) -> bool:
    return isinstance(expr, (sympy.MatMul, sympy.Mul))


def is_power(expr: sympy.Basic) -> bool:
    return isinstance(expr, (sympy.MatPow, sympy.Pow))


def words(expr: sympy.Basic) -> Counter[Word]:
    """The expression multiplied out: {word: count}. φ_y(…) counts as one letter.

    Raises ValueError for an expression that is too long when multiplied out (see
    `core.linear_rnn.expansion`), and for anything but sums of products of the letters above.
    """
    if not isinstance(expr, sympy.Basic):
        raise ValueError(
            f"{str(expr)[:40]!r} is not an expression: read it with parse_answer first."
        )
    return Counter(_expanded(expr, Expander()).words)


def _expanded(expr: sympy.Basic, expander: Expander) -> Expanded:
    if is_sum(expr):
        return expander.sum([_expanded(a, expander) for a in expr.args])
    if is_product(expr):
        return expander.product([_expanded(a, expander) for a in expr.args])
    if is_power(expr) and expr.args[1].is_Integer and expr.args[1] >= 0:
        return expander.power(_expanded(expr.args[0], expander), int(expr.args[1]))
    inside = activation_argument(expr)
    if inside is not None:
        return expander.phi_y(_expanded(inside, expander))
    if isinstance(expr, sympy.MatrixSymbol):
        return expander.letter(expr.name)
    if isinstance(expr, (sympy.Identity, sympy.ZeroMatrix)):
        return expander.whole(int(isinstance(expr, sympy.Identity)))
    if isinstance(expr, sympy.Integer):
        return expander.whole(int(expr))
    raise ValueError(
        f"An expression of the RNN contains only its letters, sums, products and powers, "
        f"not {str(expr)[:40]!r}: write it in W_h, W_x, W_y, x_t, h_t, b and phi_y."
    )


def same_expression(a: sympy.Basic, b: sympy.Basic) -> bool:
    """Whether a and b are equal for all matrices of all sizes.

    W_h W_x x_1 and W_x W_h x_1 are different; W_h (W_h h_1 + W_x x_2) and
    W_h² h_1 + W_h W_x x_2 are the same; φ_y(u) + φ_y(v) is not φ_y(u + v).
    """
    return words(a) == words(b)
