"""Print an expression of the unrolled RNN as LaTeX, as plain text or as NumPy code.

Terms and factors keep the order of the expression. `parse_answer` reads the plain text back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy

from core.linear_rnn.algebra import activation_argument, is_power, is_product, is_sum

LETTERS_PER_LINE = 16


def to_latex(
    expr: sympy.Basic,
    new: tuple[sympy.Basic, ...] = (),
    mark: Callable[[str], str] = str,
    left: str = "",
) -> str:
    r"""`left` = φ_y( … ) in LaTeX, long sums on several lines, parts in `new` wrapped by `mark`."""

    def term(node: sympy.Basic) -> str:
        written = _written(node, LATEX, new, mark)
        return mark(written) if node in new else written

    inside = activation_argument(expr)
    body = expr if inside is None else inside
    opening, closing = ("", "") if inside is None else (r"\varphi_y\bigl(", r"\bigr)")
    terms = list(body.args) if is_sum(body) and body not in new else [body]
    lines, letters = [[term(terms[0])]], _letters(terms[0])
    for t in terms[1:]:
        letters += _letters(t)
        if letters > LETTERS_PER_LINE:
            lines.append([])
            letters = _letters(t)
        lines[-1].append(term(t))
    rows = r" \\ &\quad {}+ ".join(" + ".join(line) for line in lines)
    equals = f"{left} = " if left else ""
    return rf"\begin{{aligned}} {equals}{opening} & {rows} {closing} \end{{aligned}}"


def _letters(node: sympy.Basic) -> int:
    """The length of the term in print: its letters without powers, and one for a bracket."""
    if isinstance(node, sympy.MatrixSymbol):
        return 1
    return is_sum(node) + sum(_letters(a) for a in node.args if isinstance(a, sympy.MatrixExpr))


@dataclass(frozen=True)
class _Notation:
    """How a tree is written; %s stands for what a bracket or φ_y holds, a base or an exponent."""

    bracket: str
    activation: str
    times: str
    power: str
    letter: Callable[[sympy.Basic], str] = str


def _indexed(letter: sympy.Basic) -> str:
    name, _, index = str(letter).partition("_")
    return f"{name}_{{{index}}}" if index else name


LATEX = _Notation(r"\bigl(%s\bigr)", r"\varphi_y\bigl(%s\bigr)", r"\,", "%s^{%s}", _indexed)
TEXT = _Notation("(%s)", "phi_y(%s)", " ", "%s^%s")
NUMPY = _Notation("(%s)", "phi_y(%s)", " @ ", "matrix_power(%s, %s)")


def to_text(expr: sympy.Basic) -> str:
    """phi_y(W_y W_h^2 W_x x_1 + W_y W_h W_x x_2 + W_y W_x x_3)"""
    return _written(expr, TEXT)


def to_numpy(expr: sympy.Basic) -> str:
    """phi_y(W_y @ matrix_power(W_h, 2) @ W_x @ x_1 + …), for `from numpy.linalg import …`."""
    return _written(expr, NUMPY)


def _written(
    node: sympy.Basic,
    how: _Notation,
    new: tuple[sympy.Basic, ...] = (),
    mark: Callable[[str], str] = str,
) -> str:
    """The tree in that notation; the parts that are among `new` are marked."""

    def part(child: sympy.Basic, bracket: bool) -> str:
        inner = _written(child, how, new, mark)
        inner = how.bracket % inner if bracket else inner
        return mark(inner) if child in new else inner

    inside = activation_argument(node)
    if inside is not None:
        return how.activation % part(inside, False)
    if is_sum(node):
        return " + ".join(part(a, False) for a in node.args)
    if is_product(node):
        return how.times.join(part(a, is_sum(a)) for a in node.args)
    if is_power(node):
        base, exponent = node.args
        return how.power % (part(base, not isinstance(base, sympy.MatrixSymbol)), exponent)
    return how.letter(node)
