"""A student's progress as JSON text, and read back with every value checked."""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict
from typing import Any

from fsrs import Card

from core.study.progress import MAX_TEXT, SEED, StudyProgress
from core.study.record import CONFIDENCE, HINTS, MAX_OBJECTION, Answer, Record

VERSION = 1
MAX_BYTES = 1_000_000


def dump(progress: StudyProgress) -> str:
    """The progress as JSON text."""
    table = {"unrolled": "progress", "version": VERSION, **asdict(progress)}
    for record in table["records"].values():
        for name in ("hints", "judged", "seconds", "objection"):  # left out while empty
            if not record[name]:
                del record[name]
    return json.dumps(table, indent=1, ensure_ascii=False, sort_keys=True)


def load(text: str | bytes) -> StudyProgress:
    """Read a file written by `dump`. Raises ValueError, one sentence, for anything else."""
    if len(text) > MAX_BYTES:
        raise ValueError(
            f"The progress file has {len(text):,} bytes: choose one of at most {MAX_BYTES:,}."
        )
    try:
        table = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(
            "The progress file is not JSON: choose the file that was saved here."
        ) from None
    if not isinstance(table, dict) or table.get("unrolled") != "progress":
        raise ValueError("The file is not a progress file: choose the one that was saved here.")
    if table.get("version") != VERSION:
        raise ValueError(
            f"The progress file has version {str(table.get('version'))[:10]}, "
            f"and version {VERSION} is needed: save it again."
        )
    try:
        records = {str(name): _record(value) for name, value in table["records"].items()}
        seed = str(table["seed"])
        if not SEED.fullmatch(seed) or not all(
            re.fullmatch(r"[a-z0-9][a-z0-9-]{0,19}", n) for n in records
        ):
            raise ValueError
        progress = StudyProgress(seed, records)
        dump(progress).encode()  # raises for lone surrogates, which no page can show
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError):
        raise ValueError("The progress file is damaged: choose an older one.") from None
    return progress


def _record(value: dict[str, Any]) -> Record:
    """One record, every field checked; raises one of the errors that `load` catches."""
    prediction, attempts, passed = value["prediction"], value["attempts"], value["passed"]
    gave_up, number, card = value["gave_up"], value["round"], value["card"]
    missed = value.get("missed", [])  # older files have none
    hints, judged = value.get("hints", 0), value.get("judged", {})
    seconds, objection = value.get("seconds", 0), value.get("objection", "")
    counts = [*attempts.values(), *passed, *missed, number, hints, seconds]
    well_formed = (
        isinstance(prediction, str)
        and len(prediction) <= 2000
        and isinstance(gave_up, bool)
        and all(isinstance(n, int) and not isinstance(n, bool) and 0 <= n < 10**6 for n in counts)
        and all(re.fullmatch(r"\d{1,2}", key) for key in attempts)
        and len({*passed, *missed}) == len(passed) + len(missed)
        and number >= 1
        and hints <= HINTS
        and all(re.fullmatch(r"\d{1,2}", key) for key in judged)
        and all(level in CONFIDENCE for level in judged.values())
        and isinstance(objection, str)
        and len(objection) <= MAX_OBJECTION
    )
    if not well_formed:
        raise ValueError
    if card is not None:
        card = _card(card)
    typed, sent = (checked_answers(value.get(name, {}), r"\d{1,2}") for name in ("typed", "sent"))
    return Record(
        *(prediction, dict(attempts), tuple(passed), gave_up, number, card, typed, sent),
        *(tuple(missed), hints, dict(judged), seconds, objection),
    )


def _card(value: dict[str, Any]) -> dict[str, Any]:
    """A card the scheduler can use. Errors: as `_record`."""
    read = Card.from_dict(value)  # type: ignore[arg-type]
    memory = (read.stability, read.difficulty)
    well_formed = (
        (read.step is None or read.step in range(10))
        and all(number is None or 0 < number < 10**6 for number in memory)
        and memory.count(None) != 1
        and all(
            date.tzinfo is not None and date.year < 3000
            for date in (read.due, read.last_review or read.due)
        )
    )
    if not well_formed:
        raise ValueError
    return dict(read.to_dict())


def checked_answers(value: dict[str, Any], name: str) -> dict[str, Answer]:
    """Stored answers, every field checked. name: the pattern of their keys.

    Errors: ValueError, KeyError, TypeError or AttributeError.
    """
    answers = {
        key: Answer(entry["text"], tuple(entry["lines"]), entry["seed"], entry["at"])
        for key, entry in value.items()
    }
    for key, answer in answers.items():
        texts = (answer.text, *answer.lines, answer.seed)
        well_formed = (
            re.fullmatch(name, key)
            and all(isinstance(text, str) and len(text) <= MAX_TEXT for text in texts)
            and len(answer.lines) <= 20
            and isinstance(answer.at, float | int)
            and math.isfinite(answer.at)
        )
        if not well_formed:
            raise ValueError
    return answers
