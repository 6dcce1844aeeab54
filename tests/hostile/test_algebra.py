"""Formulas and numbers that expand without bound: every payload in every field stays within limits.

Each field runs in a separate process, so that a payload that never ends is stopped and named.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.linear_rnn.matrices import MAX_BYTES, parse_matrix
from tests.hostile.algebra import FIELDS, PAYLOADS

SECONDS, BYTES = 0.5, 20 * 2**20  # 0.1 s is promised; five times that, for a machine under load
LONGEST_SENTENCE = 330


def run(field):
    """[(payload, seconds, bytes, what was said)]"""
    command = [sys.executable, "-m", "tests.hostile.algebra", field]
    done = subprocess.run(command, capture_output=True, text=True, timeout=250)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"{lines[-1] if lines else field}: {done.stderr[-400:]}"
    return [
        (asked["payload"], found["seconds"], found["bytes"], found["said"])
        for asked, found in zip(lines[::2], lines[1::2], strict=True)
    ]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory from /proc")
@pytest.mark.parametrize("field", FIELDS)
def test_no_typed_text_takes_much_time_or_memory(field):
    found = run(field)
    assert [name for name, *_ in found] == list(PAYLOADS)
    assert all(len(text) <= 2000 for text in PAYLOADS.values())
    assert not [one for one in found if one[1] > SECONDS or one[2] > BYTES]
    assert not [one for one in found if not 0 < len(one[3]) <= LONGEST_SENTENCE]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("start", ["9", "0.", ".", "9.", "1e"])
def test_a_number_as_long_as_a_whole_matrix_is_refused_at_once(start):
    entry = start + "9" * (MAX_BYTES - 20) + "x"
    with pytest.raises(ValueError, match=r"^Entry '.{20}' in row 2, column 2 is not a number"):
        parse_matrix(f"1, 0\n0, {entry}")
