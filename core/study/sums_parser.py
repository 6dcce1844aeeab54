"""From text to the nodes of `core.study.sums`: tokeniser, brackets, recursive descent.

total   = product { "+" product }
product = factor { ["*" | "@"] factor }
factor  = atom [ "^" power ]
atom    = W_h | W_x | W_y | b | x index | h index | phi "(" total ")" | "(" total ")" | series
series  = "sum" "(" total "," range ")"  |  "sum" "_" "{" range "}" [ "^" power ] product
range   = name "=" number ".." number, and the other usual ways to say it
"""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn

from core.study.sums import Letter, Linear, Node, Phi, Power, Product, Series, Total, Vector

MAX_CHARACTERS = 2000
MAX_DEPTH = 20
_CLOSES = {"(": ")", "[": "]", "{": "}"}
_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<matrix>[Ww]_?[hxy])
      | (?P<phi>phi(?:_?y)?(?![a-z]))
      | (?P<sum>sum)
      | (?P<word>for|from|to|in|range)(?![A-Za-z])
      | (?P<vector>[xh])(?:_?(?P<sub>[0-9]+|T|[a-zα-ω]+[0-9]*))?
      | (?P<name>T|[A-Za-zα-ω]+[0-9]*)
      | (?P<number>[0-9]+)
      | (?P<dots>\.\.+)
      | (?P<sign>\*\*|<=|[-+*@^_=,:()\[\]{}])""",
    re.VERBOSE,
)


class Token(NamedTuple):
    kind: str  # matrix, phi, sum, word, vector, name, number, dots, or the sign itself
    text: str
    sub: str = ""  # of a vector: what stands right behind it, as in x1, x_i, xT


def parse(text: str) -> Node:
    """The node tree of an answer in plain spelling. Raises ValueError, one sentence."""
    if len(text) > MAX_CHARACTERS:
        raise ValueError(
            f"The answer has {len(text):,} characters: "
            f"write the expression alone, in at most {MAX_CHARACTERS:,}."
        )
    if not text.strip():
        raise ValueError("The answer is empty: write the right-hand side, starting with phi_y(.")
    tokens = _tokens(text)
    _check_brackets(tokens)
    reader = _Reader(tokens)
    node = reader.total()
    if reader.kind != "end":
        reader.refuse()
    return node


def _tokens(text: str) -> list[Token]:
    tokens = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(_unknown(text, at))
        at = match.end()
        kind = "vector" if match["vector"] else str(match.lastgroup)
        if kind == "space":
            continue
        if kind == "sign":
            sign = "^" if match.group() == "**" else "*" if match.group() == "@" else match.group()
            tokens.append(Token(sign, sign))
        elif kind == "vector":
            tokens.append(Token(kind, match["vector"], match["sub"] or ""))
        else:
            tokens.append(Token(kind, match.group()))
    return tokens


def _unknown(text: str, at: int) -> str:
    start = max(text.rfind(" ", 0, at), at - 20) + 1
    around = text[start : at + 1]
    return (
        f"{text[at]!r} in {around!r} cannot be read: "
        f"use W_h, W_x, W_y, x_1, x_2, …, phi_y, sum, T, + * ^ and brackets."
    )


def _no_letter(found: str) -> str:
    return f"{found!r} is not a letter of the RNN: use W_h, W_x, W_y, x_1, x_2, …, phi_y, sum, T."


def _check_brackets(tokens: list[Token]) -> None:
    opened: list[str] = []
    for token in tokens:
        if token.kind in _CLOSES:
            opened.append(token.kind)
            if len(opened) > MAX_DEPTH:
                raise ValueError(f"More than {MAX_DEPTH} brackets are open at once: use fewer.")
        elif token.kind in (")", "]", "}") and (not opened or _CLOSES[opened.pop()] != token.kind):
            raise ValueError(f"A bracket {token.kind!r} closes nothing: open and close in pairs.")
    if opened:
        raise ValueError(f"A bracket {opened[-1]!r} is never closed: close every bracket.")


class _Reader:
    """Reads tokens from left to right; `kind` is the kind of the next one."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0

    @property
    def kind(self) -> str:
        return self.tokens[self.position].kind if self.position < len(self.tokens) else "end"

    def next(self) -> Token:
        if self.kind == "end":
            self.refuse()
        self.position += 1
        return self.tokens[self.position - 1]

    def refuse(self) -> NoReturn:
        """The sentence for a token that cannot stand where it does."""
        if self.kind == "end":
            raise ValueError("The answer breaks off: something is missing after its last sign.")
        token = self.tokens[self.position]
        if token.kind == "dots":
            raise ValueError(
                "Dots leave open what stands between: write one sum, as in sum(…, i=1..T)."
            )
        if token.kind == "-":
            raise ValueError(
                "No term is taken away by '-': put a power or an index in brackets, as in ^(…-…)."
            )
        if token.kind == "number":
            raise ValueError(
                f"The number {token.text[:12]} can only be a power or an index, not a factor."
            )
        if token.kind == "^":
            raise ValueError("A power stands behind one letter or bracket, and not on a power.")
        if token.kind == "=":
            raise ValueError("An '=' belongs only in the range of a sum, as in i=1..T.")
        if token.kind in ("name", "word"):
            raise ValueError(_no_letter(token.text[:20]))
        if token.kind in (")", "]", "}"):
            raise ValueError("A bracket is empty or ends with a sign: write a term inside it.")
        raise ValueError(f"{token.text!r} has nothing to join on one side: write complete terms.")

    def group(self) -> list[Token]:
        """The tokens inside the bracket that opens here."""
        opening, depth = self.next(), 1
        start = self.position
        while depth:
            kind = self.next().kind
            depth += (kind in _CLOSES) - (kind in (")", "]", "}"))
        if self.position - 1 == start:
            raise ValueError(f"A bracket {opening.kind!r} is empty: write a term inside it.")
        return self.tokens[start : self.position - 1]

    def total(self) -> Node:
        terms = [self.product()]
        while self.kind == "+":
            self.next()
            terms.append(self.product())
        return Total(tuple(terms)) if len(terms) > 1 else terms[0]

    def product(self) -> Node:
        factors = [self.factor()]
        while self.kind == "*" or self._starts_factor():
            if self.kind == "*":
                self.next()
            factors.append(self.factor())
        return Product(tuple(factors)) if len(factors) > 1 else factors[0]

    def _starts_factor(self) -> bool:
        if self.kind == "name":
            return self.tokens[self.position].text == "b"
        return self.kind in ("matrix", "vector", "phi", "sum", *_CLOSES)

    def factor(self) -> Node:
        base = self.atom()
        if self.kind != "^":
            return base
        self.next()
        return Power(base, self.index())

    def atom(self) -> Node:
        if not self._starts_factor():
            self.refuse()
        if self.kind in _CLOSES:
            return _whole(self.group())
        token = self.next()
        if token.kind == "matrix":
            return Letter(f"W_{token.text[-1]}")
        if token.kind == "name":
            return Letter("b")
        if token.kind == "vector":
            return Vector(token.text, self.subscript(token))
        if token.kind == "phi":
            if self.kind not in _CLOSES:
                raise ValueError("phi_y is a function: put its argument in brackets, phi_y(…).")
            return Phi(_whole(self.group()))
        return self.series()

    def subscript(self, vector: Token) -> Linear:
        if vector.sub:
            return _atom_index(vector.sub)
        if self.kind == "_":
            self.next()
        if self.kind not in (*_CLOSES, "name", "number"):
            raise ValueError(f"{vector.text} needs an index: write {vector.text}_1 or the like.")
        return self.index()

    def index(self) -> Linear:
        """A power or an index: one number, one name, or a bracket with + and - between those."""
        if self.kind in _CLOSES:
            return linear(self.group())
        token = self.next() if self.kind != "end" else None
        if token is None or not (token.kind == "number" or _is_name(token)):
            raise ValueError("A power or an index must be a number, T, an index or a bracket.")
        return _atom_index(token.text)

    def series(self) -> Node:
        """What follows the word sum."""
        if self.kind in _CLOSES:
            inside = self.group()
            body, limits = _split(inside)
            if body:
                return Series(_whole(body), *_range(limits))
            return Series(self.product(), *_range(limits))
        if self.kind != "_":
            raise ValueError("Say what the sum runs over: write sum(…, i=1..T).")
        self.next()
        limits = self.group() if self.kind in _CLOSES else self._bare_limits()
        if self.kind == "^":
            self.next()
            at = self.position
            self.index()
            limits = [*limits, Token("dots", ".."), *self.tokens[at : self.position]]
        return Series(self.product(), *_range(limits))

    def _bare_limits(self) -> list[Token]:
        """sum_i=1^T without brackets."""
        at = self.position
        while self.kind in ("name", "vector", "=", "number"):
            self.next()
        return self.tokens[at : self.position]


def _whole(tokens: list[Token]) -> Node:
    reader = _Reader(tokens)
    node = reader.total()
    if reader.kind != "end":
        reader.refuse()
    return node


def _split(tokens: list[Token]) -> tuple[list[Token], list[Token]]:
    """The two halves of sum( body , range ) or sum( range , body ); no body for sum(i=1..T)."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.kind in _CLOSES) - (token.kind in (")", "]", "}"))
        if depth == 0 and (token.kind == "," or (token.kind, token.text) == ("word", "for")):
            parts.append([])
        else:
            parts[-1].append(token)
    has_letter = [
        any(t.kind in ("matrix", "phi") or (t.kind == "vector" and not _is_name(t)) for t in part)
        for part in parts
    ]
    if not any(has_letter):
        return [], tokens
    if has_letter[0]:
        body, rest = parts[0], parts[1:]
    else:
        body, rest = parts[-1], parts[:-1]
    limits: list[Token] = []
    for part in rest:
        limits += [*part, Token(",", ",")]
    return body, limits


def _range(tokens: list[Token]) -> tuple[str, Linear, Linear]:
    """(name, low, high) of i=1..T, (i, 1, T), i from 1 to T, 1 <= i <= T, i in range(1, T+1)."""
    wrong = ValueError("Say where the sum starts and ends: write the range as i=1..T.")
    exclusive = any(t.text == "range" for t in tokens)
    tokens = [t for t in tokens if t.text != "range"]
    while len(tokens) > 2 and tokens[-1].kind == ",":
        tokens = tokens[:-1]
    if exclusive and tokens and tokens[-1].kind == ")":
        opening = next(k for k, t in enumerate(tokens) if t.kind == "(")
        tokens = [*tokens[:opening], *tokens[opening + 1 : -1]]
    elif tokens and tokens[0].kind in _CLOSES and tokens[-1].kind == _CLOSES[tokens[0].kind]:
        tokens = tokens[1:-1]
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.kind in _CLOSES) - (token.kind in (")", "]", "}"))
        if depth == 0 and token.kind in ("=", ",", "dots", ":", "<=", "word"):
            parts.append([])
        else:
            parts[-1].append(token)
    parts = [part for part in parts if part]
    if len(parts) == 3 and any(t.kind == "<=" for t in tokens):
        parts = [parts[1], parts[0], parts[2]]
    if exclusive and len(parts) == 2:
        parts.insert(1, [Token("number", "0")])
    if len(parts) not in (3, 4) or len(parts[0]) != 1 or not _is_name(parts[0][0]):
        raise wrong
    name = parts[0][0].text
    low, high = linear(parts[1]), linear(parts[-1])
    if name == "T":
        raise ValueError("T is the length of the sequence: give the sum another index, as in i.")
    if len(parts) == 4 and linear(parts[2]) != _plus(low, 1):
        raise wrong
    return name, low, _plus(high, -1) if exclusive else high


def linear(tokens: list[Token]) -> Linear:
    """T-i+1 as {"T": 1, "i": -1, "": 1}; brackets may be nested."""
    form: dict[str, int] = {}
    _add(tokens, 1, form)
    return {name: k for name, k in form.items() if k or not name}


def _add(tokens: list[Token], sign: int, form: dict[str, int]) -> None:
    reader = _Reader(tokens)
    first = True
    while reader.kind != "end" or first:
        here = sign
        if reader.kind in ("+", "-"):
            here = -sign if reader.next().kind == "-" else sign
        elif not first:
            raise ValueError("Only + and - are understood in a power or an index, as in (T-1).")
        first = False
        if reader.kind in _CLOSES:
            _add(reader.group(), here, form)
        else:
            for name, k in reader.index().items():
                form[name] = form.get(name, 0) + here * k


def _is_name(token: Token) -> bool:
    """An index may have any name, h and x included."""
    return token.kind == "name" or (token.kind == "vector" and not token.sub)


def _plus(form: Linear, k: int) -> Linear:
    return {**form, "": form.get("", 0) + k}


def _atom_index(text: str) -> Linear:
    if not text.isdecimal():
        return {text: 1, "": 0}
    if len(text) > 7:
        raise ValueError(f"The power or index {text[:12]}… is too large: use a small number.")
    return {"": int(text)}
