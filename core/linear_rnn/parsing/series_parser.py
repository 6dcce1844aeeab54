"""From text to a tree of `series_ast` nodes, by recursive descent over the tokens.

total   = product { "+" product }
product = factor { ["*" | "@"] factor }
factor  = atom [ "^" power ]
atom    = W_h | W_x | W_y | b | I | 0 | 1 | x index | h index
        | phi "(" total ")" | "(" total ")" | series
series  = "sum" "(" total "," range ")"  |  "sum" "_" "{" range "}" [ "^" power ] product
range   = name "=" number ".." number, or one of the other usual notations
"""

from __future__ import annotations

from typing import NoReturn

from core.linear_rnn.parsing.normalise import normalise, right_hand_side
from core.linear_rnn.parsing.series_ast import (
    Letter,
    Linear,
    Node,
    Phi,
    Power,
    Product,
    Series,
    Total,
    Vector,
)
from core.linear_rnn.parsing.tokens import CLOSES, Token, check_nesting, cut, misplaced, tokens

MAX_CHARACTERS = 2000
MAX_NORMALISED = 4 * MAX_CHARACTERS  # one sign can become a word: φ becomes phi, ᵀ ^{T}


def parse(text: str) -> Node:
    """The tree of an answer in plain text, Unicode or LaTeX; of an equation, its right-hand side.

    Raises ValueError, one sentence.
    """
    if len(text) > MAX_CHARACTERS:
        raise ValueError(
            f"The answer has {len(text):,} characters: "
            f"write the expression alone, in at most {MAX_CHARACTERS:,}."
        )
    text = right_hand_side(normalise(text))
    if len(text) > MAX_NORMALISED:
        raise ValueError(
            f"The answer has {len(text):,} characters in plain spelling: "
            f"write it in W_h, W_x, W_y, x_1, x_2, … and phi_y."
        )
    if not text.strip():
        raise ValueError("The answer is empty: write the right-hand side, starting with phi_y(.")
    token_list = tokens(text)
    check_nesting(token_list)
    return _whole(token_list)


class _Reader:
    """Reads tokens from left to right; `kind` is the kind of the next token."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0

    @property
    def kind(self) -> str:
        return self.tokens[self.position].kind if self.position < len(self.tokens) else "end"

    @property
    def ahead(self) -> str:
        return (
            self.tokens[self.position + 1].kind if self.position + 1 < len(self.tokens) else "end"
        )

    def next(self) -> Token:
        if self.kind == "end":
            self.refuse()
        self.position += 1
        return self.tokens[self.position - 1]

    def refuse(self) -> NoReturn:
        """Raise ValueError for the next token, which is in a wrong position."""
        if self.kind == "end":
            raise ValueError("The answer breaks off: something is missing after its last sign.")
        raise ValueError(misplaced(self.tokens[self.position]))

    def group(self) -> list[Token]:
        """The tokens inside the bracket that opens here."""
        opening, depth = self.next(), 1
        start = end = self.position
        while depth:  # every bracket has its pair: `check_nesting`
            kind = self.tokens[end].kind
            depth += (kind in CLOSES) - (kind in (")", "]", "}"))
            end += 1
        if end - 1 == start:
            raise ValueError(f"A bracket {opening.kind!r} is empty: write a term inside it.")
        self.position = end
        return self.tokens[start : end - 1]

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
        if self.kind in ("name", "number"):
            return self.tokens[self.position].text in ("b", "I", "0", "1")
        return self.kind in ("matrix", "bias", "vector", "phi", "sum", *CLOSES)

    def factor(self) -> Node:
        base = self.atom()
        if self.kind != "^":
            return base
        self.next()
        return Power(base, self.index())

    def atom(self) -> Node:
        if not self._starts_factor():
            self.refuse()
        if self.kind in CLOSES:
            return _whole(self.group())
        token = self.next()
        if token.kind == "matrix":
            return Letter(f"W_{token.text[-1].lower()}")
        if token.kind in ("name", "bias", "number"):
            return Letter(token.text[0])
        if token.kind == "vector":
            return Vector(token.text.lower(), self.subscript(token))
        if token.kind == "phi":
            if self.kind not in CLOSES:
                raise ValueError("phi_y is a function, and the only one here: write phi_y(…).")
            return Phi(_whole(self.group()))
        return self.series()

    def subscript(self, vector: Token) -> Linear:
        if vector.sub:
            return _atom_index(vector.sub)
        if self.kind == "_":
            self.next()
        if self.kind not in (*CLOSES, "name", "number"):
            raise ValueError(f"{vector.text} needs an index: write {vector.text}_1 or the like.")
        return self.index()

    def index(self) -> Linear:
        """A power or an index: one number, one name, or a bracket with + and - between those."""
        if self.kind in CLOSES:
            return linear(self.group())
        if self.kind in ("+", "-"):
            return linear([self.next(), Token(self.kind, self.next().text)])
        token = self.next() if self.kind != "end" else None
        if token is None or not (token.kind == "number" or _is_name(token)):
            raise ValueError("A power or an index must be a number, T, an index or a bracket.")
        return _atom_index(token.text)

    def series(self) -> Node:
        """The range and the body after the word sum."""
        if self.kind in CLOSES:
            body, limits = _split(self.group())
            if body:
                return Series(_whole(body), *_range(limits))
        elif self.kind == "_":
            self.next()
            limits = self.group() if self.kind in CLOSES else self._bare_limits()
        else:
            raise ValueError("Say what the sum runs over: write sum(…, i=1..T).")
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
    parts = cut(tokens, lambda t: t.kind == "," or (t.kind, t.text) == ("word", "for"))
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
        tokens.pop()
    if exclusive and tokens and tokens[-1].kind == ")":
        opening = next(k for k, t in enumerate(tokens) if t.kind == "(")
        tokens = [*tokens[:opening], *tokens[opening + 1 : -1]]
    elif tokens and tokens[0].kind in CLOSES and tokens[-1].kind == CLOSES[tokens[0].kind]:
        tokens = tokens[1:-1]
    elif len(tokens) > 2 and tokens[1].text == "in" and tokens[2].kind in CLOSES:
        tokens = [tokens[0], tokens[1], *tokens[3:-1]]
    parts = cut(tokens, lambda t: t.kind in ("=", ",", "dots", ":", "<=", "word"))
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
        if reader.kind in CLOSES:
            _add(reader.group(), here, form)
        else:
            times = 1
            if reader.kind == "number" and reader.ahead in ("*", "name"):  # 2i, 2*i
                times = _atom_index(reader.next().text)[""]
                if reader.kind == "*":
                    reader.next()
            for name, k in reader.index().items():
                form[name] = form.get(name, 0) + here * times * k


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
