"""python -m tests.hostile.algebra: every payload typed into every field that is parsed.

Prints one JSON line before a payload and one after it, with CPU seconds and bytes of
memory, so that whoever started this process knows on which one it was stopped.
"""

import json
import os
import re
import sys
import time
from pathlib import Path

from core.linear_rnn import parse_answer, same_expression
from core.linear_rnn.matrices import parse_matrix
from core.linear_rnn.printing import to_latex, to_numpy, to_text
from core.study.grading.algebra import canonical, grade_expression, grade_output
from core.study.grading.numbers import draw, grade_number, read_number

SECONDS_IN_ALL, BYTES_IN_ALL = 60, 2 * 2**30  # limit of one process
CALLS = 300  # within each other; Python allows 1000, and a page is some 100 deep before it reads


def write_y3(text):
    """What the RNN page does with the line."""
    return grade_output(3, text).message, grade_output(3, text, start_state=True, bias=True).message


def shown(text):
    """Grade the answer, in each of the page's three notations, against itself."""
    answer, again = parse_answer(text), parse_answer(text)
    assert same_expression(answer, again)
    return len(to_latex(answer)) + len(to_text(answer)) + len(to_numpy(answer))


FIELDS = {
    "Write y_3": write_y3,
    "an answer shown": shown,
    "question 1a": lambda text: grade_expression("1a", text).message,
    "question 1b": lambda text: grade_expression("1b", text).message,
    "question 1c": lambda text: grade_expression("1c", text).message,
    "poll on 1a": lambda text: canonical("1a", text),
    "poll on 1c": lambda text: canonical("1c", text),
    "a number": lambda text: (grade_number(draw("half_life", "1"), text), read_number(text)),
    "a matrix": parse_matrix,
    "a matrix, the rest": lambda text: parse_matrix(f"1, 0\n0, {text}"),
}


def nested(opening, inside, closing, times):
    return opening * times + inside + closing * times


TRUE = "Wy sum(Wh^(T-i) Wx x_i, i=1..T)"
FULL = 2000

PAYLOADS = {
    "powers of a sum": nested("(", "(W_h+W_h)", "^64)", 6),
    "powers of a sum, deeper": nested("(", "(W_h+W_h)", "^64)", 18),
    "powers of two letters": nested("(", "W_h+W_x", ")^64", 6),
    "powers of a power": "phi_y(" + nested("(", "W_h^64", ")^64", 15) + " W_x x_1)",
    "powers of phi of I": nested("(", "phi_y(1)", "^64)", 8),
    "powers of phi": nested("(", "phi_y(b)", "^64)", 8),
    "powers of I": nested("(", "(I+I)", "^64)", 8),
    "a huge base to the power 0": nested("(", "(W_h+W_x)", "^64)", 3) + "^0",
    "many bases to the power 0": "+".join(["((b+x_1)^9)^0"] * 140),
    "0 times something huge": "0 " + nested("(", "(W_h+W_x)", "^64)", 5),
    "phi within phi, each to a power": nested("(phi_y(", "b", "))^64", 9),
    "phi within phi": nested("phi_y(", "b", ")", 20),
    "sums and no brackets": "phi_y(" + "sum_" * 480 + "x_1)",
    "sums over x": "phi_y(" + "sum_i=1^T " * 190 + "x_i)",
    "brackets and sums": "(phi_y(b b+" * 10 + "sum_i=1^T b " * 20 + "x1" + ")^2)^2" * 10,
    "sums and brackets": "sum_i=1^T (b+b " * 19 + "x_i" + "+b)^2" * 19,
    "sums over sums, 24 each": nested("sum(", "x_i", ", i=1..24)", 15),
    "sums over sums, T each": nested("sum(", "x_i", ", i=1..T)", 18),
    "sums over sums, 24 of nothing": nested("sum(", "sum(x_i,i=2..1)", ", i=1..24)", 15),
    "names over names": nested("sum(", "x_j", ", j=i..i)", 12) + " i=1..T",
    "right, and more to a power of 0": f"phi_y({TRUE}" + "+0(Wy+Wx)^6" * 30 + ")",
    "right up to 24, at length": f"phi_y({TRUE} + sum((x_1+x_2)^9, i=T+1..T+17-17) 0"
    + " + 0 sum(x_i+x_i, i=1..T)" * 40 + " + 0 sum(b, i=18..T))",
    "right, and 19 sums more": f"phi_y({TRUE}" + "+0 sum((b+Wx)^4,i=1..1)" * 18 + "+sum(b,i=9..8))",
    "a product of sums": "(W_h+W_x)" * 220,
    "a product of sums of three": "(b+Wh+Wx)" * 6 + " Wh" * 600,
    "512 words and a tail": "(b+x_1)^9" + " Wh" * 660,
    "512 words, nested": nested("(", "(b+x_1)^9", " b+b)", 18),
    "512 words, added": "+".join(["(x_1+x_2)^9"] * 160),
    "1000 letters": "+".join("b" * 1000),
    "2000 letters": "b" * FULL,
    "666 different inputs": "+".join(f"x{i % 90 + 9}" for i in range(499)),
    "different words": "+".join(f"x{i % 90 + 9}h{i // 9 + 10}" for i in range(285)),
    "states by the hundred": "phi_y(" + "+".join(f"h_{i % 99}" for i in range(390)) + ")",
    "one word": "Wh " * 660,
    "one word to a power": "(Wy" + " Wh" * 640 + " Wx x_1)^64",
    "a tower of powers": "W_h" + "^2" * 990,
    "a tower of raised powers": "W_h" + "²^2" * 600,
    "brackets only": "(" * FULL,
    "brackets closed": nested("(", "x_1", ")", 998),
    "brackets side by side": "(b)" * 660,
    "empty brackets": "()" * 999,
    "twenty brackets, all full": nested("(b b+b(", "b", "))^2", 10) + "+b" * 900,
    "brackets of an index": "phi_y(x_" + nested("(", "i", ")", 990) + ")",
    "brackets of an index, twenty": "x_" + nested("(-", "2i", "-T)", 19) + "^T" * 800,
    "an index of many terms": "x_(" + "+2i-2i" * 330 + "+1)",
    "an index of many names": "x_(" + "+".join(f"a{i}" for i in range(400)) + ")",
    "an index of huge numbers": "x_(" + "+".join(["9999999T"] * 220) + ")",
    "a power of many names": "phi_y(Wh^(" + "+".join(f"n{i}" for i in range(350)) + ") x_1)",
    "huge limits": "sum(" * 9 + "x_i" + ",i=9999999j..9999999j)" * 9,
    "limits by the hundred": "sum(x_i, " + "," * 1900 + "i=1..T)",
    "limits in words": "sum(x_i for " + "for i from 1 to T " * 105 + ")",
    "ranges": "sum(x_i, i in range(" * 90 + ")" * 90,
    "one name of 2000 letters": "a" * FULL,
    "an unknown name as a power": "W_h^" + "a" * 1990,
    "a number of 2000 digits": "9" * FULL,
    "a number of 2000 digits and a letter": "9" * (FULL - 1) + "x",
    "numbers of 2000 digits as a power": "W_h^" + "9" * 1990,
    "numbers of 2000 digits as an index": "x_" + "9" * 1990,
    "raised digits": "W_h" + "⁹" * 1990,
    "raised and lowered digits": "⁹₉" * 1000,
    "a point and digits": "9" * 999 + "." + "9" * 999,
    "y and spaces": "y" + " " * 1990 + "z",
    "y and 100 spaces": "y" + " " * 100 + "z",
    "y and brackets": "y _ ( " + " " * 900 + "12 )" + " " * 900 + "z",
    "an index and spaces": "x_{" + " " * 660 + "i" + " " * 660 + "(",
    "an index and spaces, often": ("x_{" + " " * 30 + "i" + " " * 30) * 31,
    "an index and spaces in brackets": "x_" + (" " * 480 + "{") * 2 + " " * 480 + "i" + " " * 480,
    "braces and spaces": "{" * 500 + " " * 1500,
    "braces": "{W" * 999,
    "underscores": "_{" * 999,
    "a sum raised first": "sum^" + " " * 640 + "T" + " " * 640 + "_" + " " * 640,
    "a W raised first": ("W^" + " " * 20 + "{T" + " " * 20) * 45,
    "sums raised first": "sum^{sum^(" * 200,
    "begin": "\\begin{" + "a" * 1990,
    "begin, often": "\\begin {" * 250,
    "backslashes": "\\" * FULL,
    "faces": "\\mathbf" * 285,
    "quotation marks": "'" * FULL,
    "a quotation mark and points": "'" + "." * 1998 + "x",
    "quotation marks and points": "'." * 999 + "x",
    "equals signs": "=" * FULL,
    "equals signs and spaces": "= " * 1000,
    "an equals sign and spaces": "=" + " " * 1990 + "p",
    "letters that grow eighteenfold": "\ufdfa" * FULL,
    "sums of one sign": "∑" * FULL,
    "arrows": "→" * FULL,
    "dots": "." * FULL,
    "commas": "," * FULL,
    "signs": "^" * FULL,
    "signs and spaces": "^ " * 1000,
    "spaces": " " * FULL,
    "lines": "\n" * FULL,
    "rows": "0\n" * 1000,
    "columns": "0 " * 1000,
    "commas and spaces": "0" + " " * 999 + "," + " " * 999,
    "digits, spaces and points": "1 " * 29 + "x",
    "surrogates": chr(0xD800) * FULL,
    "zeros": "\0" * FULL,
}  # fmt: skip


def read(field, text):
    """What the field's reader returns, or its one-sentence error; other errors are raised."""
    try:
        said = FIELDS[field](text)
    except ValueError as error:
        return str(error)
    return said if isinstance(said, str) else "read"


def peak():
    """Peak memory of this process in bytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * int(re.search(r"VmHWM:\s*(\d+) kB", status)[1])


def every_payload(field):
    """Type every payload into this field, within the limits of this process."""
    import resource  # Windows has none

    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_IN_ALL, SECONDS_IN_ALL))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES_IN_ALL, BYTES_IN_ALL))
    read(field, "phi_y(Wy Wh Wx x1 + Wy Wx x2)")  # imports and caches
    sys.setrecursionlimit(CALLS)
    before = peak()
    for name, text in PAYLOADS.items():
        print(json.dumps({"field": field, "payload": name}), flush=True)
        started = time.process_time()
        said = read(field, text)
        seconds = time.process_time() - started
        print(json.dumps({"seconds": seconds, "bytes": peak() - before, "said": said}), flush=True)


def main():
    """Each field in a process of its own, up to the first that is stopped."""
    for field in FIELDS:
        if not os.fork():
            every_payload(field)
            return
        _, status = os.wait()
        if status:
            sys.exit(f"{field}: its process ended with {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
