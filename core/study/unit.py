"""The lecture of the whole unit: beats of the lessons' storylines in one order, with a timetable.

The stops, their minutes and their beats are data (unit.toml); the beats of a stop share its minutes
equally.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.study.storyline import storyline

FILE = Path(__file__).resolve().parent / "unit.toml"


@dataclass(frozen=True)
class UnitBeat:
    """A beat of the lecture. beat: its index in the storyline of that lesson, from 0.

    stop: the number of its stop, from 1. start, end: minutes after the beginning of the lecture.
    """

    lesson: str
    beat: int
    stop: int
    stop_title: str
    start: float
    end: float


@cache
def unit(file: Path = FILE) -> tuple[UnitBeat, ...]:
    """All beats in order. Raises ValueError, one sentence, for one that no storyline has."""
    beats: list[UnitBeat] = []
    now = 0.0
    for number, stop in enumerate(tomllib.loads(file.read_text(encoding="utf-8"))["stop"], 1):
        title, minutes = str(stop["title"]), stop["minutes"] / len(stop["beats"])
        for lesson, beat in stop["beats"]:
            story = storyline(lesson)
            if story is None or not 1 <= beat <= len(story.beats):
                raise ValueError(
                    f"{file.name}, {title}: the storyline of {lesson!r} has no beat {beat}."
                )
            beats.append(UnitBeat(lesson, beat - 1, number, title, now, now + minutes))
            now += minutes
    return tuple(beats)


def position(text: str, lesson: str | None = None) -> int | None:
    """The index in the unit that a link names (from 1); None for anything else.

    lesson: None too if the beat there belongs to another lesson.
    """
    if not (len(text) <= 3 and text.isdecimal() and 1 <= int(text) <= len(unit())):
        return None
    at = int(text) - 1
    return at if lesson in (None, unit()[at].lesson) else None
