"""python -m tests.fuzz.formulas 10000: that many formulas typed, and how long the slowest took.

They are what somebody may type: right, wrong, broken, and made to grow.
"""

from __future__ import annotations

import gc
import sys
from random import Random

from tests.fuzz.targets import attempt

LONGEST = 2000
PLAIN_LETTERS = ["W_h", "Wx", "W_y", "b", "x_1", "x2", "x_3", "h_0", "h2"]
LETTERS = [
    *(*PLAIN_LETTERS, "I", "1", "0", "x_i", "x_(T-i)"),
    *("W_{h}", "x_{T}", "h_{i-1}", "Wₕ", "x₁", "W_h^{T-i}", "W_h^(T-i)", "W^2_h", "{W}_x", "x_j"),
]
PLAIN_POWERS = ["^2", "²", "**3", "^0", "^64"]
POWERS = [*PLAIN_POWERS, "^(T-i)", "^{T}", "^(2i-j)", "^i", "^99", "^-1", "ᵀ⁻ⁱ"]
RANGES = [
    *("i=1..T", "i=1..24", "i=T..1", "i=2..1", "j=1..i", "i=j..T", "j=i..i", "k=1..T+j", "i=6..T"),
    *(
        "i from 1 to T",
        "i in range(1, T+1)",
        "1<=i<=T",
        "(i, 1, T)",
        "i=9999999..9999999",
        "T=1..2",
    ),
]
JUNK = [
    *("(", ")", "[", "]", "{", "}", "^", "_", "+", "-", "*", "@", "=", ",", ";", ":", ".", ".."),
    *(" ", " " * 40, "\n", "\t", "\0", "sum", "sum_", "sum_i=1^T ", "∑", "φ", "phi_y(", "sum("),
    *("T", "y_2 = ", "y ", "\\left(", "\\sum_{i=1}^{T}", "\\begin{", "\\mathbf", "&", "'", "3.5"),
    *("_{ ", "^{ ", "\ufdfa", "⁰₀", "𝑊", "🙂", "\ud800", "__import__('os')", "W_hh", "<|/%", "…"),
    *("9" * 30, "a" * 30),
]


def typed(draw: Random) -> str:
    """At most 2,000 characters: a formula, parts of it repeated or nested, some of it broken."""
    plain = draw.random() < 0.4  # no sum sign and no index, so that "Write y_3" understands it
    text = _sum(draw, draw.randrange(1, 4), plain)
    for _ in range(draw.randrange(3)):
        text = _grown(draw, text, plain)
    if draw.random() < 0.5:
        text = f"phi_y({text})"
    for _ in range(draw.choice([0, 0, 0, 0, 0, 1, 3, 20])):
        at = draw.randrange(len(text) + 1)
        text = text[:at] + draw.choice(JUNK) + text[at + draw.choice([0, 0, 1, 5]) :]
    return text[:LONGEST]


def _sum(draw: Random, depth: int, plain: bool) -> str:
    signs = ["+", " + ", "+" if plain else " ＋ "]
    return draw.choice(signs).join(
        _product(draw, depth, plain) for _ in range(draw.choice([1, 1, 2, 3]))
    )


def _product(draw: Random, depth: int, plain: bool) -> str:
    times = draw.choice([" ", " ", "*", " @ ", " " if plain else "·"])
    return times.join(_factor(draw, depth, plain) for _ in range(draw.choice([1, 2, 3, 4])))


def _factor(draw: Random, depth: int, plain: bool) -> str:
    kind = draw.random() if depth else 0
    if kind < 0.55:
        letter = draw.choice(PLAIN_LETTERS if plain else LETTERS)
        power = draw.choice(PLAIN_POWERS if plain else POWERS)
        return letter + (power if draw.random() < 0.2 else "")
    inside = _sum(draw, depth - 1, plain)
    if kind < 0.75:
        return draw.choice(["({})", "[{}]", "({})^2", "({})^9", "({})^0"]).format(inside)
    if plain or kind < 0.85:
        return f"phi({inside})"
    ranged = draw.choice(RANGES)
    return draw.choice(["sum({}, {})", "sum({} for {})"]).format(inside, ranged)


def _grown(draw: Random, text: str, plain: bool) -> str:
    """Repeated, or put into brackets, powers and sums again and again."""
    times = draw.choice([2, 3, 5, 9, 18, 60, 400])
    times = min(times, max(1, LONGEST // (len(text) + 1)))
    if draw.random() < 0.5:
        return draw.choice(["", "+", " ", "*"]).join([text] * times)
    around = [
        *[("(", f"){power}") for power in ("^64", "^2", "²", "^0", "", " b+b", "+x_1)^2")],
        *[("phi_y(", ")"), ("(phi_y(", "))^64"), ("(b+", ")^3"), ("Wh(", "+Wx x_1)")],
    ]
    sums = [
        *[("sum(", f", {ranged})") for ranged in RANGES],
        *[("sum_", ""), ("sum_i=1^T ", ""), ("sum_{i=1}^{T}", ""), ("sum_{j=1}^T (", ")")],
    ]
    opening, closing = draw.choice(around if plain else [*around, *sums])
    times = min(draw.choice([2, 3, 5, 9, 15, 19, 300]), LONGEST // (len(opening + closing) + 1))
    return opening * times + text + closing * times


def slowest(count: int, target: str) -> float:
    """Seconds of the slowest of `count` formulas. Raises AssertionError for one over its bound."""
    attempt(target, b"W_y")  # the first one reads the questions' files
    gc.freeze()  # what the imports left in memory is not searched through on a formula's clock
    texts = (typed(Random(number)).encode("utf-8", "replace") for number in range(count))
    return max(attempt(target, text) for text in texts)


if __name__ == "__main__":
    for target in ("answer", "study"):
        print(f"{target}: {1e3 * slowest(int(sys.argv[1]), target):.0f} ms at most")
