"""Reading an answer as a student types it, without ever evaluating what was typed.

Three gates, each of which only lets known things through:

1. our own tokeniser cuts the text into the letters of the lecture, `+`, `*`, `@`, powers, brackets;
2. the tokens, written as one line of Python, are parsed (not run) by `ast`, and every node of the
   tree has to be one of six kinds;
3. the tree is turned into SymPy objects by hand: `sympify` and `parse_expr`, which evaluate code,
   are not used.
"""

from __future__ import annotations

import ast
import re

import sympy

from core.linear_rnn_symbols import (
    W_h,
    W_x,
    W_y,
    b,
    h,
    phi_y,
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
_ENDS_OPERAND = {"matrix", "vector", "bias", "power", "close"}
_STARTS_OPERAND = {"matrix", "vector", "bias", "phi", "open"}


def parse_answer(text: str) -> sympy.Basic:
    """The SymPy expression a student typed, products in the order typed.

    Understood: W_h, W_x, W_y, x_1, x_2, …, h_0, h_1, …, b (underscores may be left out);
    juxtaposition, `*` and `@` for the product; `+`; `^2`, `**2` or `²` for a small whole power;
    round or square brackets; phi_y(…), phi(…) or φ_y(…). Raises ValueError, one sentence, for
    everything else; nothing of the text is evaluated.
    """
    tree = _checked_tree(_python_line(text))
    expression = phi_y(_build(tree.args[0])) if isinstance(tree, ast.Call) else _build(tree)
    words(expression)  # refuses a harmless-looking text that multiplies out without end
    return expression


def _python_line(text: str) -> str:
    """Gate 1: the text, token by token, as one line of Python with every product written out."""
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
    line: list[str] = []
    brackets: list[str] = []
    previous = "start"
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(_unknown(text, at))
        at = match.end()
        kind, token = str(match.lastgroup), match.group()
        if kind == "space":
            continue
        if previous == "phi" and kind != "open":
            raise ValueError("phi_y is a function: put its argument in brackets, as in phi_y(…).")
        if previous == "open" and kind == "close":
            raise ValueError("A pair of brackets is empty: write an expression between them.")
        if previous in _ENDS_OPERAND and kind in _STARTS_OPERAND:
            line.append("*")
        line.append(_spelled(kind, token, brackets))
        previous = kind
    if previous == "phi":
        raise ValueError("phi_y is a function: put its argument in brackets, as in phi_y(…).")
    if brackets:
        raise ValueError(f"A bracket {brackets[-1]!r} is never closed: close every bracket.")
    return "".join(line)


def _spelled(kind: str, token: str, brackets: list[str]) -> str:
    """One token in Python's spelling; `brackets` is the stack of brackets still open."""
    if kind == "matrix":
        return f"W_{token[-1]}"
    if kind == "vector":
        digits = token[1:].lstrip("_").translate(_SUPERSCRIPTS)
        if len(digits) > 4 or int(digits) > MAX_INDEX or (token[0] == "x" and int(digits) == 0):
            raise ValueError(
                f"{token[:12]!r} is not a step of the sequence: "
                f"inputs are x_1 to x_{MAX_INDEX}, states h_0 to h_{MAX_INDEX}."
            )
        return f"{token[0]}_{int(digits)}"
    if kind in ("phi", "bias"):
        return "phi_y" if kind == "phi" else "b"
    if kind == "power":
        digits = token.lstrip("^* \t").translate(_SUPERSCRIPTS)
        if len(digits) > 4 or int(digits) > MAX_POWER:
            raise ValueError(
                f"The power {digits[:12]} is too large: use a whole number up to {MAX_POWER}."
            )
        return f"**{int(digits)}"
    if kind == "open":
        brackets.append(token)
        if len(brackets) > MAX_DEPTH:
            raise ValueError(f"More than {MAX_DEPTH} brackets are open at once: use fewer.")
        return "("
    if kind == "close":
        if not brackets or brackets.pop() + token not in ("()", "[]"):
            raise ValueError(f"A bracket {token!r} closes nothing: open and close in pairs.")
        return ")"
    return "*" if kind == "times" else "+"


def _unknown(text: str, at: int) -> str:
    """The sentence for a piece of text that is no token."""
    piece = re.match(r"\w+|.", text[at:], re.DOTALL)
    found = (piece.group() if piece else text[at])[:12]
    if found == "^":
        return "A power must be a whole number written after ^, as in W_h^2."
    if found.isdecimal():
        return f"The number {found} can only be a power, as in W_h^2: the terms have no factors."
    return f"{found!r} is not a letter of the RNN: use W_h, W_x, W_y, x_1, x_2, …, h_0, b, phi_y."


def _checked_tree(line: str) -> ast.expr:
    """Gate 2: parsed, not run, and every node on the allow-list."""
    try:
        tree = ast.parse(line, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(
            f"A + or * has nothing on one side, or a bracket is empty: "
            f"write complete terms, {_EXAMPLE}."
        ) from None
    for node in ast.walk(tree):
        if not isinstance(node, _ALLOWED_NODES):
            raise ValueError(f"Only sums, products and small powers are understood: {_EXAMPLE}.")
    return tree


_ALLOWED_NODES = (
    *(ast.BinOp, ast.Add, ast.Mult, ast.Pow),
    *(ast.Name, ast.Constant, ast.Call, ast.Load),
)
_MATRICES = {"W_h": W_h, "W_x": W_x, "W_y": W_y, "b": b}


def _build(node: ast.expr) -> sympy.Basic:
    """Gate 3: SymPy objects, made by hand."""
    match node:
        case ast.BinOp(op=ast.Add()):
            return total(*(_build(a) for a in _chain(node, ast.Add)))
        case ast.BinOp(op=ast.Mult()):
            return product(*(_build(a) for a in _chain(node, ast.Mult)))
        case ast.BinOp(left=base, op=ast.Pow(), right=ast.Constant(value=int(exponent))):
            return power(_build(base), exponent)
        case ast.Call(func=ast.Name(id="phi_y"), args=[argument], keywords=[]):
            return phi_y_inside(_build(argument))
        case ast.Name(id=name) if name in _MATRICES:
            return _MATRICES[name]
        case ast.Name(id=name) if name[:2] in ("x_", "h_"):
            return (x if name[0] == "x" else h)(int(name[2:]))
    raise ValueError("A power must be one small whole number, as in W_h^2, and not a tower.")


def _chain(node: ast.expr, operator: type[ast.operator]) -> list[ast.expr]:
    """a + b + c is (a + b) + c to Python: the list [a, b, c], without recursion."""
    parts: list[ast.expr] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, operator):
        parts.append(node.right)
        node = node.left
    return [node, *reversed(parts)]
