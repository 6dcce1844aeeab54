"""Cut an answer in plain spelling into tokens: letters, numbers, words, signs and brackets."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

MAX_DEPTH = 20
MAX_SUMS = 20
CLOSES = {"(": ")", "[": "]", "{": "}"}
_KNOWN = "use W_h, W_x, W_y, x_1, x_2, …, phi_y, sum, T"
_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<foreign>[Ww]_?(?:[hx]y|[yhx]h(?!_?[0-9({\[])|yx(?!_?[0-9({\[]))(?![A-Za-z]))
      | (?P<matrix>[Ww]_?[hxyHXY])
      | (?P<bias>b_[hxy]|b(?=b|phi|[Ww]_?[hxy]|[xh]_?[0-9]))
      | (?P<phi>phi(?:_?[yY])?(?![a-z]))
      | (?P<sum>sum)
      | (?P<word>for|from|to|in|range|over|runs|goes)(?![A-Za-z])
      | (?P<vector>[xXhH])(?:_?(?P<sub>[0-9]+|T|[a-zα-ω]+(?:_?[0-9]+|')?))?
      | (?P<name>T|[A-Za-zα-ω]+(?:_?[0-9]+|')?)
      | (?P<broken>[0-9]+\.[0-9]+)
      | (?P<number>[0-9]+)
      | (?P<dots>\.\.+)
      | (?P<sign>\*\*|<=|[-+*@.^_=,:()\[\]{}])""",
    re.VERBOSE,
)
_SAME = {"**": "^", "@": "*", ".": "*"}


class Token(NamedTuple):
    kind: str  # matrix, bias, phi, sum, word, vector, name, number, dots, or the sign itself
    text: str
    sub: str = ""  # the index directly after a vector, as in x1, x_i, xT


def tokens(text: str) -> list[Token]:
    """The tokens of `text` without spaces. Raises ValueError, one sentence."""
    result = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(_unknown(text, at))
        at = match.end()
        kind, piece = str(match.lastgroup), match.group()
        if kind == "foreign":
            raise ValueError(f"{piece!r} is not a matrix of this RNN: it has W_h, W_x and W_y.")
        if kind == "broken":
            raise ValueError(f"{piece[:12]} is not whole: powers and indices are whole numbers.")
        if match["vector"]:
            result.append(Token("vector", match["vector"], match["sub"] or ""))
        elif kind == "sign":
            sign = _SAME.get(piece, piece)
            result.append(Token(sign, sign))
        elif kind != "space":
            result.append(Token(kind, piece))
    return result


def check_nesting(tokens: list[Token]) -> None:
    """Raise ValueError, one sentence, for unbalanced brackets, and for brackets or sums nested too
    deeply."""
    if (sums := sum(token.kind == "sum" for token in tokens)) > MAX_SUMS:
        raise ValueError(f"The answer has {sums} sums: write at most {MAX_SUMS}.")
    opened: list[str] = []
    for token in tokens:
        if token.kind in CLOSES:
            opened.append(token.kind)
            if len(opened) > MAX_DEPTH:
                raise ValueError(f"More than {MAX_DEPTH} brackets are open at once: use fewer.")
        elif token.kind in (")", "]", "}"):
            if not opened:
                raise ValueError(f"A bracket {token.kind!r} closes nothing: leave it out.")
            if CLOSES[opened[-1]] != token.kind:
                raise ValueError(
                    f"A bracket {opened[-1]!r} is closed by {token.kind!r}: use pairs of a kind."
                )
            opened.pop()
    if opened:
        raise ValueError(f"A bracket {opened[-1]!r} is never closed: close every bracket.")


def misplaced(token: Token) -> str:
    """The error sentence for a token in a wrong position."""
    match token.kind:
        case "dots":
            return "Dots leave open what stands between: write one sum, as in sum(…, i=1..T)."
        case "-":
            return (
                "No term is taken away by '-': put a power or an index in brackets, as in ^(…-…)."
            )
        case "number":
            return (
                f"The number {token.text[:12]} can only be a power or an index, as in W_h^2: "
                f"no term has it as a factor."
            )
        case "^":
            return "A power stands behind one letter or bracket, and not on a power."
        case "=":
            return "An '=' belongs only in the range of a sum, as in i=1..T."
        case ",":
            return (
                "A ',' stands only before the range of a sum: join terms by + and write one answer."
            )
        case ")" | "]" | "}":
            return "A bracket is empty or ends with a sign: write a term inside it."
        case "name" if token.text == "T":
            return "T can only stand in a power, an index or the range of a sum: it is no factor."
        case "name" if re.fullmatch(r"y(_?[0-9]+)?", token.text):
            return "y stands only left of '=': write what it is, in inputs x_i."
        case "name" | "word":
            return f"{token.text[:20]!r} is not a letter of the RNN: {_KNOWN}."
    return f"{token.text!r} has nothing to join on one side: write complete terms."


def _unknown(text: str, at: int) -> str:
    if text[at] == "/":
        return "Nothing is divided by '/', as W_h need not have an inverse: use + * ^ and brackets."
    if text[at] in "<>|" and "sum" in text:
        return f"{text[at]!r} cannot be read: write the range of the sum as i=1..T."
    start = max(text.rfind(" ", 0, at), at - 20) + 1
    return f"{text[at]!r} in {text[start : at + 1]!r} cannot be read: {_KNOWN}, + * ^ and brackets."


def cut(tokens: list[Token], separates: Callable[[Token], bool]) -> list[list[Token]]:
    """The parts between the separating tokens that are in no bracket."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.kind in CLOSES) - (token.kind in (")", "]", "}"))
        if depth == 0 and separates(token):
            parts.append([])
        else:
            parts[-1].append(token)
    return parts
