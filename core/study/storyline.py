"""Storylines: what a lecturer shows and says in a lesson, beat by beat, as data.

Each is a TOML file in core/study/storylines/, named after its lesson. A beat is a sentence for the
screen, the state of the lesson that goes with it, the parts of the page to show, a question to the
room with its answer, and notes that only the lecturer sees.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core.study.claim import Claim, read_claims
from core.study.question import ORDER, State, checked_state

SHIPPED = Path(__file__).resolve().parent / "storylines"
LESSON = re.compile(r"[a-z]{1,20}")
_KEYS = {"sentence", "question", "reveal", "notes", "state", "show", "hold", "decides", "poll"}
_KEYS |= {"axes", "first", "height"}


@dataclass(frozen=True)
class Beat:
    """One beat. state: the values of all controls that are not at their defaults, as in a link.

    show: the keys of the figures and controls that stay visible.
    hold: those of `show` that Reveal uncovers together with the answer.
    poll: the study question whose prediction can be asked here, or "".
    axes: those of `hold` whose axes are seen before, so that the room can predict what they show.
    first: those of `axes` whose first series is seen before too, as what the rest is compared with.
    height: pixels of 720 for each figure, where the stage's own rule leaves room or takes too much.
    """

    sentence: str
    question: str
    reveal: str
    notes: str
    state: State
    show: tuple[str, ...]
    hold: tuple[str, ...] = ()
    decides: tuple[Claim, ...] = ()  # the measurements that the reveal rests on
    poll: str = ""
    axes: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    height: int | None = None


@dataclass(frozen=True)
class Storyline:
    lesson: str
    title: str
    beats: tuple[Beat, ...]

    def beat(self, number: str) -> int:
        """The index of the beat that a link names (from 1); the first beat for anything else."""
        known = len(number) <= 4 and number.isdecimal() and 1 <= int(number) <= len(self.beats)
        return int(number) - 1 if known else 0


@cache
def lessons() -> tuple[str, ...]:
    """The lessons that have a storyline."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.toml")))


def storyline(lesson: str) -> Storyline | None:
    """The storyline of that lesson, or None. Raises ValueError, one sentence, for a faulty file."""
    if not LESSON.fullmatch(lesson) or not (path := SHIPPED / f"{lesson}.toml").is_file():
        return None
    return _read(path)


@cache
def _read(path: Path) -> Storyline:
    lesson, table = path.stem, tomllib.loads(path.read_text(encoding="utf-8"))
    beats = tuple(
        _beat(beat, f"{lesson}, beat {number}") for number, beat in enumerate(table["beat"], 1)
    )
    return Storyline(lesson, str(table["title"]), beats)


def _beat(table: dict[str, Any], where: str) -> Beat:
    unknown = sorted(set(table) - _KEYS)
    if unknown or not table.get("sentence"):
        what = f"no key {unknown[0]!r}" if unknown else "a sentence"
        raise ValueError(f"{where}: a beat has {what}; it has {', '.join(sorted(_KEYS))}.")
    show, hold, axes, first = (
        tuple(str(key) for key in table.get(name, [])) for name in ("show", "hold", "axes", "first")
    )
    if not all(re.fullmatch(r"[\w-]{1,40}", key) for key in show):
        raise ValueError(f"{where}: show must list keys of figures and controls.")
    if not set(hold) <= set(show):
        raise ValueError(f"{where}: hold must list keys that are in show.")
    poll = table.get("poll", "")
    if poll not in ("", *ORDER):
        raise ValueError(f"{where}: poll is {poll!r}: use the id of a study question, such as 1d.")
    if not set(axes) <= set(hold):
        raise ValueError(f"{where}: axes must list keys that are in hold.")
    if not set(first) <= set(axes):
        raise ValueError(f"{where}: first must list keys that are in axes.")
    height = table.get("height")
    if height is not None and not (isinstance(height, int) and 100 <= height <= 640):
        raise ValueError(f"{where}: height must be a whole number of pixels from 100 to 640.")
    return Beat(
        table["sentence"],
        table.get("question", ""),
        table.get("reveal", ""),
        table.get("notes", ""),
        checked_state(table.get("state", {}), where),
        show,
        hold,
        read_claims(table.get("decides", []), f"{where}, decides"),
        poll,
        axes,
        first,
        height,
    )
