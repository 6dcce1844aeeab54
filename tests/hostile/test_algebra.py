"""Formulas and numbers that expand without bound: every payload in every field stays within limits.

Each field has a process of its own, forked from one that has imported everything, so that a payload
that never ends is stopped and named.
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


@pytest.fixture(scope="module")
def found():
    """For each field [(payload, seconds, bytes, what was said)]."""
    if not Path("/proc/self/status").exists():
        pytest.skip("reads memory from /proc")
    command = [sys.executable, "-m", "tests.hostile.algebra"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=250)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"{lines[-1:]}: {done.stderr[-400:]}"
    by_field = {field: [] for field in FIELDS}
    for asked, told in zip(lines[::2], lines[1::2], strict=True):
        one = asked["payload"], told["seconds"], told["bytes"], told["said"]
        by_field[asked["field"]].append(one)
    return by_field


@pytest.mark.parametrize("field", FIELDS)
def test_no_typed_text_takes_much_time_or_memory(field, found):
    found = found[field]
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
