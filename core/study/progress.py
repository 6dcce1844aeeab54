"""What a student has done: predictions, attempts, what is earned, and what is due again when.

Everything is a frozen record; each function gives a new one. Kept in the session, written to a file
of JSON and read back from it with every value checked. When a question comes back is decided by
FSRS, the free spaced repetition scheduler (J. Ye, J. Su, Y. Cao, "A Stochastic Shortest Path
Algorithm for Optimizing Spaced Repetition Scheduling", KDD 2022).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from fsrs import Card, Rating, Scheduler

VERSION = 1
MAX_BYTES = 1_000_000
PATIENCE = 3  # attempts on a check before its answer may be asked for
SEED = re.compile(r"[A-Za-z0-9-]{1,20}")

_SCHEDULER = Scheduler(enable_fuzzing=False, learning_steps=(), relearning_steps=())


@dataclass(frozen=True)
class Record:
    """One question. attempts counts each check's answers in this round; passed are those right."""

    prediction: str = ""
    attempts: Mapping[str, int] = field(default_factory=dict)
    passed: tuple[int, ...] = ()
    gave_up: bool = False
    round: int = 1
    card: Mapping[str, Any] | None = None  # of FSRS

    def done(self, checks: int) -> bool:
        """Whether the model answer is earned: all checks right, or given up after real attempts."""
        return self.gave_up or len(self.passed) == checks

    def may_give_up(self, checks: int) -> bool:
        """After PATIENCE wrong answers to every check that is still open."""
        still_open = [i for i in range(checks) if i not in self.passed]
        return bool(still_open) and all(
            self.attempts.get(str(i), 0) >= PATIENCE for i in still_open
        )


@dataclass(frozen=True)
class Progress:
    """All questions of one student, and the seed that draws their numbers."""

    seed: str = "1"
    records: Mapping[str, Record] = field(default_factory=dict)

    def record(self, question: str) -> Record:
        return self.records.get(question, Record())

    def task_seed(self, question: str) -> str:
        """What draws the numbers: the class's seed, and a fresh one each time around."""
        return f"{self.seed}:{question}:{self.record(question).round}"


def with_record(progress: Progress, question: str, record: Record) -> Progress:
    return replace(progress, records={**progress.records, question: record})


def predict(progress: Progress, question: str, text: str) -> Progress:
    """Keep the prediction; the first one stands."""
    record = progress.record(question)
    if record.prediction:
        return progress
    return with_record(progress, question, replace(record, prediction=text[:2000]))


def attempt(
    progress: Progress, question: str, check: int, checks: int, correct: bool, now: datetime
) -> Progress:
    """Count an answer to check number `check`; when all are right the question is scheduled."""
    record = progress.record(question)
    if record.done(checks) or check in record.passed:
        return progress
    count = record.attempts.get(str(check), 0) + 1
    record = replace(record, attempts={**record.attempts, str(check): count})
    if correct:
        record = replace(record, passed=(*record.passed, check))
    if record.done(checks):
        first_time = all(n == 1 for n in record.attempts.values())
        record = _scheduled(record, Rating.Good if first_time else Rating.Hard, now)
    return with_record(progress, question, record)


def give_up(progress: Progress, question: str, checks: int, now: datetime) -> Progress:
    """See the answer without having earned it. Raises ValueError before enough attempts."""
    record = progress.record(question)
    if not record.may_give_up(checks):
        raise ValueError(f"Try each open check {PATIENCE} times first: then the answer is shown.")
    record = _scheduled(replace(record, gave_up=True), Rating.Again, now)
    return with_record(progress, question, record)


def again(progress: Progress, question: str) -> Progress:
    """Begin a fresh round, with fresh numbers; the schedule is kept."""
    old = progress.record(question)
    return with_record(progress, question, Record(round=old.round + 1, card=old.card))


def due_on(record: Record) -> datetime | None:
    """When the question comes back; None before it was finished once."""
    return Card.from_dict(record.card).due if record.card else None  # type: ignore[arg-type]


def due(progress: Progress, now: datetime) -> list[str]:
    """The questions that are due, the longest overdue first."""
    dates = {name: due_on(record) for name, record in progress.records.items()}
    return sorted(
        (name for name, date in dates.items() if date and date <= now),
        key=lambda name: dates[name] or now,
    )


def dump(progress: Progress) -> str:
    """As JSON, to keep in a file."""
    table = {"unrolled": "progress", "version": VERSION, **asdict(progress)}
    return json.dumps(table, indent=1, ensure_ascii=False, sort_keys=True)


def load(text: str | bytes) -> Progress:
    """Read a file written by `dump`. Raises ValueError, one sentence, for anything else."""
    if len(text) > MAX_BYTES:
        raise ValueError(
            f"The progress file has {len(text):,} bytes: one of ours has at most {MAX_BYTES:,}."
        )
    try:
        table = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(
            "The progress file is not JSON: choose the file that was saved here."
        ) from None
    if not isinstance(table, dict) or table.get("unrolled") != "progress":
        raise ValueError("The file is no progress file: choose the one that was saved here.")
    if table.get("version") != VERSION:
        raise ValueError(
            f"The progress file has version {str(table.get('version'))[:10]}, "
            f"and version {VERSION} is read: save it anew."
        )
    try:
        records = {str(name): _record(value) for name, value in table["records"].items()}
        seed = str(table["seed"])
        if not SEED.fullmatch(seed) or not all(
            re.fullmatch(r"[a-z0-9][a-z0-9-]{0,19}", n) for n in records
        ):
            raise ValueError
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError):
        raise ValueError("The progress file is damaged: choose an older one.") from None
    return Progress(seed, records)


def _record(value: dict[str, Any]) -> Record:
    """Every field checked for its type; raises one of the errors that `load` catches."""
    prediction, attempts, passed = value["prediction"], value["attempts"], value["passed"]
    gave_up, number, card = value["gave_up"], value["round"], value["card"]
    counts = [*attempts.values(), *passed, number]
    well_formed = (
        isinstance(prediction, str)
        and len(prediction) <= 2000
        and isinstance(gave_up, bool)
        and all(isinstance(n, int) and not isinstance(n, bool) and 0 <= n < 10**6 for n in counts)
        and all(re.fullmatch(r"\d{1,2}", key) for key in attempts)
        and len(set(passed)) == len(passed)
        and number >= 1
    )
    if not well_formed:
        raise ValueError
    if card is not None:
        read = Card.from_dict(card)
        if read.due.tzinfo is None:
            raise ValueError
        card = dict(read.to_dict())
    return Record(prediction, dict(attempts), tuple(passed), gave_up, number, card)


def _scheduled(record: Record, rating: Rating, now: datetime) -> Record:
    card = Card.from_dict(record.card) if record.card else Card(card_id=1, due=now)  # type: ignore[arg-type]
    reviewed, _ = _SCHEDULER.review_card(card, rating, now.astimezone(UTC))
    return replace(record, card=dict(reviewed.to_dict()))
