"""A practice exam that has begun: when, and what is answered; as JSON text and back, checked."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from core.study.exam import QUESTIONS
from core.study.progress import SEED
from core.study.record import Answer
from core.study.storage.progress_file import checked_answers

VERSION = 1
MAX_BYTES = 200_000  # ten essays of the largest size fit
_QUESTION = r"[a-z0-9][a-z0-9-]{0,19}"


@dataclass(frozen=True)
class Sitting:
    """One exam. answers: by question, what is in its fields. done: whether it is handed in."""

    seed: str
    begun: datetime
    answers: Mapping[str, Answer] = field(default_factory=dict)
    done: bool = False


def dump(sitting: Sitting) -> str:
    """The exam as JSON text."""
    answers = {name: asdict(answer) for name, answer in sitting.answers.items()}
    table = {
        "unrolled": "exam", "version": VERSION, "seed": sitting.seed, "answers": answers,
        "begun": sitting.begun.timestamp(), "done": sitting.done,
    }  # fmt: skip
    return json.dumps(table, ensure_ascii=False, sort_keys=True)


def load(text: str, now: datetime) -> Sitting:
    """Read what `dump` wrote; an exam cannot have begun after `now`.

    Raises ValueError, one sentence, for anything else.
    """
    damaged = "The exam stored in this browser cannot be read: begin a new one."
    if len(text) > MAX_BYTES:
        raise ValueError(damaged)
    try:
        table = json.loads(text)
        if (table["unrolled"], table["version"]) != ("exam", VERSION):
            raise ValueError
        seed, begun, done = table["seed"], table["begun"], table["done"]
        answers = checked_answers(table["answers"], _QUESTION)
        well_formed = (
            isinstance(seed, str)
            and SEED.fullmatch(seed)
            and isinstance(begun, int | float)
            and math.isfinite(begun)
            and isinstance(done, bool)
            and len(answers) <= QUESTIONS
        )
        if not well_formed:
            raise ValueError
        sitting = Sitting(seed, min(datetime.fromtimestamp(begun, UTC), now), answers, done)
        dump(sitting).encode()  # raises for lone surrogates, which no page can show
    except (
        KeyError,
        TypeError,
        AttributeError,
        ValueError,
        OverflowError,
        OSError,
        RecursionError,
    ):
        raise ValueError(damaged) from None
    return sitting
