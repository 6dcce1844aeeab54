"""Reading an answer as a student types it, without ever evaluating what was typed.

Our own tokeniser cuts the text into the letters of the lecture, `+`, `*`, `@`, powers and brackets;
a recursive descent makes SymPy objects of them by hand (`sympify` and `parse_expr`, which evaluate
code, are not used):

    total   = product { "+" product }
    product = factor { [ "*" | "@" ] factor }
    factor  = ( letter | [ phi ] "(" total ")" ) [ power ]
"""

from __future__ import annotations

import re
from typing import NamedTuple

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

MAX_CHARACTERS = 2000
MAX_POWER = 64
MAX_DEPTH = 20
MAX_INDEX = 99

_EXAMPLE = "for example phi_y(W_y W_h W_x x_1 + W_y W_x x_2)"
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "01234567890123456789")
_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<matrix>W_?[hxy])
      | (?P<vector>[xh]_?(?:[0-9]+|[₀-₉]+))
      | (?P<bias>b)
      | (?P<phi>(?:phi|φ|ϕ)(?:_?y)?)
      | (?P<power>(?:\^|\*\*)[ \t]*[0-9]+|[⁰¹²³⁴-⁹]+)
      | (?P<plus>\+)
      | (?P<times>[*@])
      | (?P<open>[(\[])
      | (?P<close>[)\]])""",
    re.VERBOSE,
)
_STARTS_FACTOR = {"matrix", "vector", "bias", "phi", "open"}
_MATRICES = {"h": W_h, "x": W_x, "y": W_y}


class Token(NamedTuple):
    kind: str  # the name of its group in _TOKEN
    text: str
    number: int = 0  # of a vector its step, of a power its exponent


def parse_answer(text: str) -> sympy.Basic:
    """The SymPy expression a student typed, products in the order typed.

    Understood: W_h, W_x, W_y, x_1, x_2, …, h_0, h_1, …, b (underscores may be left out);
    juxtaposition, `*` and `@` for the product; `+`; `^2`, `**2` or `²` for a small whole power;
    round or square brackets; phi_y(…), phi(…) or φ_y(…). Raises ValueError, one sentence, for
    everything else; nothing of the text is evaluated.
    """
    rest = _tokens(text)[::-1]  # the next token last, where it is quick to take
    expression = _total(rest)
    words(expression)  # refuses a harmless-looking text that multiplies out without end
    return expression


def _tokens(text: str) -> list[Token]:
    """The tokens without spaces; every bracket among them closes the one opened last."""
    if not isinstance(text, str):
        raise ValueError(f"An answer of type {type(text).__name__} cannot be read: give its text.")
    if len(text) > MAX_CHARACTERS:
        raise ValueError(
            f"The answer has {len(text):,} characters: "
            f"write the expression alone, in at most {MAX_CHARACTERS:,}."
        )
    if not text.strip():
        raise ValueError(f"The answer is empty: write the right-hand side, {_EXAMPLE}.")
    if "=" in text:
        raise ValueError(f"Write only what stands right of the = sign, {_EXAMPLE}.")
    found: list[Token] = []
    brackets: list[str] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(_unknown(text, at))
        at = match.end()
        kind, piece = str(match.lastgroup), match.group()
        if kind == "space":
            continue
        previous = found[-1].kind if found else "start"
        if previous == "phi" and kind != "open":
            raise ValueError("phi_y is a function: put its argument in brackets, as in phi_y(…).")
        if previous == "open" and kind == "close":
            raise ValueError("A pair of brackets is empty: write an expression between them.")
        _keep_count(brackets, kind, piece)
        found.append(Token(kind, piece, _number(kind, piece)))
    if found[-1].kind == "phi":
        raise ValueError("phi_y is a function: put its argument in brackets, as in phi_y(…).")
    if brackets:
        raise ValueError(f"A bracket {brackets[-1]!r} is never closed: close every bracket.")
    return found


def _keep_count(brackets: list[str], kind: str, piece: str) -> None:
    """`brackets` is the stack of brackets still open."""
    if kind == "open":
        brackets.append(piece)
        if len(brackets) > MAX_DEPTH:
            raise ValueError(f"More than {MAX_DEPTH} brackets are open at once: use fewer.")
    if kind == "close" and (not brackets or brackets.pop() + piece not in ("()", "[]")):
        raise ValueError(f"A bracket {piece!r} closes nothing: open and close in pairs.")


def _number(kind: str, piece: str) -> int:
    """The step of a vector, the exponent of a power; 0 for all else."""
    if kind == "vector":
        digits = piece[1:].lstrip("_").translate(_SUPERSCRIPTS)
        if len(digits) > 4 or int(digits) > MAX_INDEX or (piece[0] == "x" and int(digits) == 0):
            raise ValueError(
                f"{piece[:12]!r} is not a step of the sequence: "
                f"inputs are x_1 to x_{MAX_INDEX}, states h_0 to h_{MAX_INDEX}."
            )
        return int(digits)
    if kind == "power":
        digits = piece.lstrip("^* \t").translate(_SUPERSCRIPTS)
        if len(digits) > 4 or int(digits) > MAX_POWER:
            raise ValueError(
                f"The power {digits[:12]} is too large: use a whole number up to {MAX_POWER}."
            )
        return int(digits)
    return 0


def _unknown(text: str, at: int) -> str:
    """The sentence for a piece of text that is no token."""
    piece = re.match(r"\w+|.", text[at:], re.DOTALL)
    found = (piece.group() if piece else text[at])[:12]
    if found == "^":
        return "A power must be a whole number written after ^, as in W_h^2."
    if found.isdecimal():
        return f"The number {found} can only be a power, as in W_h^2: the terms have no factors."
    return f"{found!r} is not a letter of the RNN: use W_h, W_x, W_y, x_1, x_2, …, h_0, b, phi_y."


def _next(rest: list[Token]) -> str:
    return rest[-1].kind if rest else "end"


def _total(rest: list[Token]) -> sympy.Basic:
    """Takes a sum from `rest`, up to the bracket that closes it or the end."""
    terms = [_product(rest)]
    while _next(rest) == "plus":
        rest.pop()
        terms.append(_product(rest))
    return total(*terms)


def _product(rest: list[Token]) -> sympy.Basic:
    factors = [_factor(rest)]
    while _next(rest) == "times" or _next(rest) in _STARTS_FACTOR:
        if _next(rest) == "times":
            rest.pop()
        factors.append(_factor(rest))
    return product(*factors)


def _factor(rest: list[Token]) -> sympy.Basic:
    base = _atom(rest)
    if _next(rest) != "power":
        return base
    raised = power(base, rest.pop().number)
    if _next(rest) == "power":
        raise ValueError("A power must be one small whole number, as in W_h^2, and not a tower.")
    return raised


def _atom(rest: list[Token]) -> sympy.Basic:
    if _next(rest) not in _STARTS_FACTOR:
        raise ValueError(f"A + or * has nothing on one side: write complete terms, {_EXAMPLE}.")
    token = rest.pop()
    match token.kind:
        case "matrix":
            return _MATRICES[token.text[-1]]
        case "vector":
            return (x if token.text[0] == "x" else h)(token.number)
        case "bias":
            return b
        case "phi":
            return phi_y_inside(_atom(rest))
    inside = _total(rest)
    rest.pop()  # the bracket that closes it
    return inside
