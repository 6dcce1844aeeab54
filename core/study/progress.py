"""A student's progress: predictions, answers, what is earned, and when each question is due again.

All records are frozen; each function returns new ones. FSRS, the free spaced repetition scheduler,
decides when a question is due (J. Ye, J. Su, Y. Cao, "A Stochastic Shortest Path Algorithm for
Optimizing Spaced Repetition Scheduling", KDD 2022).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from fsrs import Card, Rating, Scheduler

from core.study.record import (
    CONFIDENCE,
    HINTS,
    MAX_OBJECTION,
    MIN_ATTEMPTS as MIN_ATTEMPTS,
    Answer as Answer,
    Record as Record,
)

MAX_TEXT = 5000  # characters of an answer, and of each of its lines
SEED = re.compile(r"[A-Za-z0-9-]{1,20}")

_SCHEDULER = Scheduler(enable_fuzzing=False, learning_steps=(), relearning_steps=())


@dataclass(frozen=True)
class StudyProgress:
    """All questions of one student, and the seed that draws their numbers."""

    seed: str = "1"
    records: Mapping[str, Record] = field(default_factory=dict)

    def record(self, question: str) -> Record:
        return self.records.get(question, Record())

    def task_seed(self, question: str) -> str:
        """The seed of the question's numbers, another one in every round."""
        return f"{self.seed}:{question}:{self.record(question).round}"


def with_record(progress: StudyProgress, question: str, record: Record) -> StudyProgress:
    return replace(progress, records={**progress.records, question: record})


def predict(progress: StudyProgress, question: str, text: str) -> StudyProgress:
    """Store the prediction; a later one does not replace it."""
    record = progress.record(question)
    if record.prediction:
        return progress
    return with_record(progress, question, replace(record, prediction=text[:2000]))


def draft(progress: StudyProgress, question: str, check: int, answer: Answer) -> StudyProgress:
    """Store what is in the fields of that check, before it is submitted."""
    record = progress.record(question)
    typed = {**record.typed, str(check): _bounded(answer)}
    return with_record(progress, question, replace(record, typed=typed))


def _bounded(answer: Answer) -> Answer:
    """The answer cut to what `load` accepts: a browser's own limits can be circumvented."""
    return replace(answer, text=answer.text[:MAX_TEXT])


def attempt(
    progress: StudyProgress,
    question: str,
    check: int,
    checks: int,
    correct: bool,
    now: datetime,
    answer: Answer | None = None,
    tries: int | None = None,
    confidence: str | None = None,
) -> StudyProgress:
    """Count an answer to check number `check`; when none is open the question is scheduled.

    tries: the wrong answers after which the check is missed in this round; None: any number.
    confidence: how sure the student is; it counts with the first answer to a check.
    """
    record = progress.record(question)
    if record.done(checks) or check in (*record.passed, *record.missed):
        return progress
    count = record.attempts.get(str(check), 0) + 1
    record = replace(record, attempts={**record.attempts, str(check): count})
    if count == 1 and confidence in CONFIDENCE:
        record = replace(record, judged={**record.judged, str(check): confidence})
    if answer is not None:
        typed = {key: draft for key, draft in record.typed.items() if key != str(check)}
        record = replace(record, typed=typed, sent={**record.sent, str(check): _bounded(answer)})
    if correct:
        record = replace(record, passed=tuple(sorted({*record.passed, check})))
    elif tries is not None and count >= tries:
        record = replace(record, missed=tuple(sorted({*record.missed, check})))
    if record.done(checks):
        first_time = all(n == 1 for n in record.attempts.values())
        rating = Rating.Good if first_time else Rating.Hard
        record = _scheduled(record, rating if record.earned(checks) else Rating.Again, now)
    return with_record(progress, question, record)


def give_up(progress: StudyProgress, question: str, checks: int, now: datetime) -> StudyProgress:
    """Show the answer although it is not earned. Raises ValueError before MIN_ATTEMPTS."""
    record = progress.record(question)
    if not record.may_give_up(checks):
        raise ValueError(
            f"Try each open check {MIN_ATTEMPTS} times first; then the answer is shown."
        )
    record = _scheduled(replace(record, gave_up=True), Rating.Again, now)
    return with_record(progress, question, record)


def open_hint(progress: StudyProgress, question: str) -> StudyProgress:
    """Open the next hint; it lowers what the question earns in this round."""
    record = progress.record(question)
    return with_record(progress, question, replace(record, hints=min(record.hints + 1, HINTS)))


def spend(progress: StudyProgress, question: str, seconds: float) -> StudyProgress:
    """Add the time that the student spent on the question, in whole seconds."""
    record = progress.record(question)
    total = min(record.seconds + max(round(seconds), 0), 10**6 - 1)
    return with_record(progress, question, replace(record, seconds=total))


def object_to(progress: StudyProgress, question: str, sentence: str) -> StudyProgress:
    """Store what the student says against a grade; an empty sentence takes it back."""
    objection = " ".join(sentence.split())[:MAX_OBJECTION]
    return with_record(progress, question, replace(progress.record(question), objection=objection))


def calibration(progress: StudyProgress, checks: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """For each level of CONFIDENCE: how many first answers were right, of how many judged so.

    checks: the number of checks of each question.
    """
    counts = {level: (0, 0) for level in CONFIDENCE}
    for name, total in checks.items():
        record = progress.record(name)
        for check, level in record.judged.items():
            if int(check) < total:
                right, given = counts[level]
                at_once = int(check) in record.passed and record.attempts.get(check) == 1
                counts[level] = (right + at_once, given + 1)
    return counts


def again(progress: StudyProgress, question: str) -> StudyProgress:
    """Start the next round, with new numbers and the same schedule."""
    old = progress.record(question)
    return with_record(progress, question, Record(round=old.round + 1, card=old.card))


def merge(mine: StudyProgress, other: StudyProgress) -> StudyProgress:
    """Both together, with the seed of `mine`: what is earned in either stays earned.

    For each question the later round counts; within a round, attempts and passed checks are merged
    and the latest text counts. The order in which progress is merged does not matter.
    """
    names = {**mine.records, **other.records}
    return replace(
        mine, records={name: _merged(mine.record(name), other.record(name)) for name in names}
    )


def _merged(a: Record, b: Record) -> Record:
    if a.round != b.round:
        return max(a, b, key=lambda record: record.round)
    sent, typed = _latest(a.sent, b.sent), _latest(a.typed, b.typed)
    passed = {*a.passed, *b.passed}
    return Record(
        prediction=max(a.prediction, b.prediction),
        attempts={
            key: max(a.attempts.get(key, 0), b.attempts.get(key, 0))
            for key in {**a.attempts, **b.attempts}
        },
        passed=tuple(sorted(passed)),
        missed=tuple(sorted({*a.missed, *b.missed} - passed)),
        gave_up=a.gave_up or b.gave_up,
        round=a.round,
        card=max(a.card, b.card, key=_reviewed),
        typed={k: t for k, t in typed.items() if k not in sent or t.at > sent[k].at},
        sent=sent,
        hints=max(a.hints, b.hints),
        judged={
            key: max(
                (side[key] for side in (a.judged, b.judged) if key in side), key=CONFIDENCE.index
            )
            for key in {**a.judged, **b.judged}
        },
        seconds=max(a.seconds, b.seconds),
        objection=max(a.objection, b.objection),
    )


def _reviewed(card: Mapping[str, Any] | None) -> tuple[str, str]:
    """A later review is larger."""
    return (card["last_review"] or "", json.dumps(card, sort_keys=True)) if card else ("", "")


def _latest(a: Mapping[str, Answer], b: Mapping[str, Answer]) -> dict[str, Answer]:
    def age(answer: Answer) -> tuple[float, str, tuple[str, ...], str]:
        return answer.at, answer.text, answer.lines, answer.seed

    return {key: max((side[key] for side in (a, b) if key in side), key=age) for key in {**a, **b}}


def due_date(record: Record) -> datetime | None:
    """When the question is due again; None until it has been finished once."""
    return Card.from_dict(record.card).due if record.card else None  # type: ignore[arg-type]


def due(progress: StudyProgress, now: datetime) -> list[str]:
    """The questions that are due, the longest overdue first."""
    dates = {name: due_date(record) for name, record in progress.records.items()}
    return sorted(
        (name for name, date in dates.items() if date and date <= now),
        key=lambda name: dates[name] or now,
    )


def _scheduled(record: Record, rating: Rating, now: datetime) -> Record:
    card = Card.from_dict(record.card) if record.card else Card(card_id=1, due=now)  # type: ignore[arg-type]
    reviewed, _ = _SCHEDULER.review_card(card, rating, now.astimezone(UTC))
    return replace(record, card=dict(reviewed.to_dict()))
