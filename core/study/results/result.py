"""The result of each question, as a student hands it in to a class.

It is made from the student's own progress, which nobody supervises: it is no proof.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core.study.progress import StudyProgress
from core.study.question import Question
from core.study.record import CONFIDENCE, MAX_OBJECTION

MAX_ROWS = 200  # questions in one hand-in


@dataclass(frozen=True)
class QuestionResult:
    """One question that was begun.

    earned: 0 to 1, the share of its checks that were answered right, less what opened hints cost.
    tries: answers in all. confidence: one of CONFIDENCE, or "" where none was given.
    """

    question: str
    earned: float
    tries: int
    hints: int
    confidence: str
    seconds: int
    objection: str


def results_of(
    progress: StudyProgress, questions: Mapping[str, Question]
) -> tuple[QuestionResult, ...]:
    """The result of every question that has an answer, in the order of `questions`."""
    results = []
    for name, question in questions.items():
        record = progress.record(name)
        if record.tries:
            results.append(
                QuestionResult(
                    name,
                    round(record.worth * len(record.passed) / len(question.checks), 2),
                    record.tries,
                    record.hints,
                    record.confidence or "",
                    record.seconds,
                    record.objection,
                )
            )
    return tuple(results)


def dump_results(results: tuple[QuestionResult, ...]) -> str:
    """The results as JSON text."""
    return json.dumps([asdict(result) for result in results], ensure_ascii=False)


def load_results(text: str) -> tuple[QuestionResult, ...]:
    """Read what `dump_results` wrote. Raises ValueError, one sentence, for anything else."""
    try:
        rows = json.loads(text)
        if not isinstance(rows, list) or len(rows) > MAX_ROWS:
            raise ValueError
        return tuple(_result(row) for row in rows)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ValueError(
            "These results cannot be read: ask the student to hand in again."
        ) from None


def _result(row: Mapping[str, Any]) -> QuestionResult:
    result = QuestionResult(**row)
    counts = (result.tries, result.hints, result.seconds)
    well_formed = (
        isinstance(result.question, str)
        and re.fullmatch(r"[a-z0-9][a-z0-9-]{0,19}", result.question)
        and isinstance(result.earned, float | int)
        and math.isfinite(result.earned)
        and 0 <= result.earned <= 1
        and all(type(n) is int and 0 <= n < 10**9 for n in counts)
        and result.confidence in ("", *CONFIDENCE)
        and isinstance(result.objection, str)
        and len(result.objection) <= MAX_OBJECTION
    )
    if not well_formed:
        raise ValueError
    return result
