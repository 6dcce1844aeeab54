"""The letters of the linear RNN, and what it means that two expressions are the same.

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
the same when, multiplied out, they hold the same words equally often. That test is exact and needs
no simplifier (for the free algebra see P. M. Cohn, "Free Rings and Their Relations", 1985, ch. 0).

Nothing here computes with numbers: this file needs SymPy only.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import sympy
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

Word = tuple[Any, ...]

d, n, m = sympy.symbols("d n m", integer=True, positive=True)
W_h = sympy.MatrixSymbol("W_h", d, d)
W_x = sympy.MatrixSymbol("W_x", d, n)
W_y = sympy.MatrixSymbol("W_y", m, d)
b = sympy.MatrixSymbol("b", d, 1)
phi_y = sympy.Function("phi_y")

MAX_WORDS = 1000  # of a multiplied-out expression
MAX_DEGREE = 128  # letters in one word


def x(t: int) -> sympy.MatrixSymbol:
    """The input x_t, a column of n numbers."""
    return sympy.MatrixSymbol(f"x_{t}", n, 1)


def h(t: int) -> sympy.MatrixSymbol:
    """The state h_t, a column of d numbers."""
    return sympy.MatrixSymbol(f"h_{t}", d, 1)


def product(*factors: sympy.Basic) -> sympy.Basic:
    """Factors multiplied in the order given, exactly as written (nothing is reordered)."""
    return sympy.MatMul(*factors) if len(factors) > 1 else factors[0]


def total(*terms: sympy.Basic) -> sympy.Basic:
    """Terms added in the order given, exactly as written."""
    return sympy.MatAdd(*terms) if len(terms) > 1 else terms[0]


def power(base: sympy.Basic, exponent: int) -> sympy.Basic:
    """base^exponent, left as written; base^0 is the identity."""
    return sympy.MatPow(base, exponent) if exponent != 1 else base


def phi_y_inside(argument: sympy.Basic) -> sympy.Basic:
    """φ_y(argument) as a part of a larger expression: SymPy adds and multiplies only matrices,
    so there it has to be told that φ_y acts on every entry of a vector."""
    return ElementwiseApplyFunction(phi_y, argument)


def activation_argument(expr: sympy.Basic) -> sympy.Basic | None:
    """What stands inside φ_y( … ) when `expr` is that, else None."""
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


def size(expr: sympy.Basic) -> tuple[int, int]:
    """(words, letters of the longest word) of the multiplied-out expression, without doing it."""
    if not isinstance(expr, sympy.Basic):
        raise ValueError(
            f"{str(expr)[:40]!r} is no expression: read it with parse_answer before comparing it."
        )
    if is_sum(expr):
        sizes = [size(a) for a in expr.args]
        return sum(s[0] for s in sizes), max(s[1] for s in sizes)
    if is_product(expr):
        count, letters = 1, 0
        for a in expr.args:
            c, k = size(a)
            count, letters = count * c, letters + k
        return count, letters
    if is_power(expr):
        c, k = size(expr.args[0])
        return c ** int(expr.args[1]), k * int(expr.args[1])
    inside = activation_argument(expr)
    return size(inside) if inside is not None else (1, 0 if expr.is_number else 1)


def words(expr: sympy.Basic) -> Counter[Word]:
    """The expression multiplied out: {word: how often}. φ_y(…) counts as one letter.

    Raises ValueError for an expression that would have more than MAX_WORDS words or words of more
    than MAX_DEGREE letters, and for anything that is not a sum of products of the letters above.
    """
    count, letters = size(expr)
    if count > MAX_WORDS or letters > MAX_DEGREE:
        raise ValueError(
            f"The expression multiplies out to {count if count < 10**9 else 'far too many'} terms "
            f"of up to {letters} factors: keep it under {MAX_WORDS} terms of {MAX_DEGREE} factors."
        )
    return _words(expr)


def _words(expr: sympy.Basic) -> Counter[Word]:
    if is_sum(expr):
        collected: Counter[Word] = Counter()
        for a in expr.args:
            collected.update(_words(a))
        return Counter({word: count for word, count in collected.items() if count})
    if is_product(expr):
        return _multiply([_words(a) for a in expr.args])
    if is_power(expr):
        return _multiply([_words(expr.args[0])] * int(expr.args[1]))
    inside = activation_argument(expr)
    if inside is not None:
        return Counter({(("phi_y", frozenset(_words(inside).items())),): 1})
    if isinstance(expr, sympy.MatrixSymbol):
        return Counter({(expr.name,): 1})
    if isinstance(expr, sympy.Integer):
        return Counter({(): int(expr)})
    if isinstance(expr, sympy.ZeroMatrix):
        return Counter()
    if isinstance(expr, sympy.Identity):
        return Counter({(): 1})
    raise ValueError(
        f"An expression of the RNN holds only its letters, sums, products and powers, "
        f"not {str(expr)[:40]!r}: write it in W_h, W_x, W_y, x_t, h_t, b and phi_y."
    )


def _multiply(factors: list[Counter[Word]]) -> Counter[Word]:
    result: Counter[Word] = Counter({(): 1})
    for factor in factors:
        longer: Counter[Word] = Counter()
        for left, i in result.items():
            for right, j in factor.items():
                longer[left + right] += i * j
        result = longer
    return result


def same_expression(a: sympy.Basic, b: sympy.Basic) -> bool:
    """True when a and b are equal for every choice of the matrices, of every size.

    W_h W_x x_1 and W_x W_h x_1 are different; W_h (W_h h_1 + W_x x_2) and
    W_h² h_1 + W_h W_x x_2 are the same; φ_y(u) + φ_y(v) is not φ_y(u + v).
    """
    return words(a) == words(b)
