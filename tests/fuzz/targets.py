"""What is fuzzed: for each name a function of the bytes that may come in.

A target raises for anything but what its reader promises: an answer, or ValueError in one sentence,
within `SECONDS` of the processor's time.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from core.linear_rnn import parse_answer, same_expression, unroll
from core.study.grading import canonical, grade_expression
from core.study.numbers import read_number

SECONDS = 0.5  # 0.1 is promised; five times that, for a machine under load
LONGEST_SENTENCE = 330


def answer(data: bytes) -> None:
    """The line "Write y_3" of the RNN page."""
    same_expression(parse_answer(_text(data)), unroll(3))


def study(data: bytes) -> None:
    """The fields of the study page: algebra graded and counted in a poll, and a number."""
    text = _text(data)
    for question in ("1a", "1b", "1c"):
        assert grade_expression(question, text).message
        assert canonical(question, text)
    read_number(text)


TARGETS: dict[str, Callable[[bytes], None]] = {"answer": answer, "study": study}


def attempt(target: str, data: bytes) -> float:
    """Seconds it took. Raises AssertionError for more than SECONDS or what is no sentence."""
    said = "An answer."
    started = time.process_time()
    try:
        TARGETS[target](data)
    except ValueError as error:
        said = str(error)
    seconds = time.process_time() - started
    assert said.endswith((".", "?")), said
    assert len(said) < LONGEST_SENTENCE, said
    assert seconds < SECONDS, f"{seconds:.2f} s"
    return seconds


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")[:2000]
