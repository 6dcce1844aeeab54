"""What is fuzzed: for each name a function of the bytes that may come in.

A target raises for anything but what its reader promises: an answer, or ValueError in one sentence,
within `SECONDS` of the processor's time.
"""

from __future__ import annotations

import atexit
import io
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import nltk.stem.snowball  # noqa: F401  (as in a server, before the first text is graded)

from core.linear_rnn import parse_answer, same_expression, unroll
from core.run_files import metrics, schema
from core.runs.archive import unpack
from core.study.grading.algebra import canonical, grade_expression, grade_output
from core.study.grading.checks import points_found
from core.study.grading.numbers import read_number
from core.study.question import shipped
from core.study.tasks import Rubric

MEMORY = Path("/dev/shm")  # files are written thousands of times a second
SECONDS = 0.5  # 0.1 is promised; five times that, for a machine under load
LONGEST_SENTENCE = 330


def answer(data: bytes) -> None:
    """An answer read as a SymPy expression, and compared."""
    same_expression(parse_answer(_text(data)), unroll(3))


def study(data: bytes) -> None:
    """The fields of the study page: algebra graded and counted in a poll, a number, an essay;
    and the line "Write y_3" of the RNN page."""
    text = _text(data)
    points_found(_essay(), text)
    for question in ("1a", "1b", "1c"):
        assert grade_expression(question, text).message
        assert canonical(question, text)
    assert grade_output(3, text).message
    assert grade_output(3, text, start_state=True, bias=True).message
    read_number(text)


@cache
def _essay() -> Rubric:
    return next(task for task in shipped()["1f"].checks if isinstance(task, Rubric))


def history(data: bytes) -> None:
    """metrics.jsonl of a run from elsewhere: looked through, and every record read."""
    path = _written("metrics.jsonl", data)
    for _ in metrics.read(path):
        pass
    if found := metrics.find_error(path):
        raise ValueError(found)


def files(data: bytes) -> None:
    """Each JSON file of a run in turn."""
    path = _written("file.json", data)
    kinds = (
        schema.Spec,
        schema.Status,
        schema.About,
        schema.Manifest,
        schema.Weights,
        schema.Quality,
    )
    for kind in (*kinds, schema.Vocabulary, schema.Example):
        with suppress(ValueError):
            schema.read(path, kind)


def archive(data: bytes) -> None:
    """A zip taken in on the Runs page."""
    before = os.environ.get("UNROLLED_RUNS")
    with tempfile.TemporaryDirectory(dir=_folder()) as folder:
        os.environ["UNROLLED_RUNS"] = folder
        try:
            unpack(io.BytesIO(data))
        finally:
            os.environ.pop("UNROLLED_RUNS")
            os.environ |= {"UNROLLED_RUNS": before} if before else {}


TARGETS: dict[str, Callable[[bytes], None]] = {
    "answer": answer,
    "study": study,
    "history": history,
    "files": files,
    "archive": archive,
}


def attempt(target: str, data: bytes) -> float:
    """Seconds it took. Raises AssertionError for more than SECONDS or what is no sentence."""
    said = "An answer."
    started = time.thread_time()
    try:
        TARGETS[target](data)
    except ValueError as error:
        said = str(error)
    seconds = time.thread_time() - started
    assert said.endswith((".", "?")), said
    assert len(said) < LONGEST_SENTENCE, said
    assert seconds < SECONDS, f"{seconds:.2f} s"
    return seconds


@cache
def _folder() -> Path:
    folder = tempfile.mkdtemp(prefix="fuzz-", dir=MEMORY if MEMORY.is_dir() else None)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _written(name: str, data: bytes) -> Path:
    path = _folder() / name
    path.write_bytes(data)
    return path


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")[:2000]
