"""The kinds of task in a question, and their reader from the tables of its TOML file.

Nothing here imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.study.grading.numbers import VARIANTS
from core.study.grading.quantities import QUANTITIES
from core.study.kinds.bug import Bug as Bug, read_bug
from core.study.kinds.match import Match as Match, read_match
from core.study.kinds.option import Option as Option, read_options
from core.study.points import Point, read_points
from core.study.toml_values import no_markup, only_keys, text_at, texts_at


@dataclass(frozen=True)
class Choice:
    """One right option; the wrong ones are real misconceptions."""

    prompt: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Order:
    """Items in their right order; a slip is (item placed early, before which one, reply)."""

    prompt: str
    items: tuple[str, ...]
    slips: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True)
class Number:
    """A number drawn afresh for every seed by core.study.grading.numbers."""

    variant: str


@dataclass(frozen=True)
class Quantity:
    """A number with its unit, drawn afresh for every seed by core.study.grading.quantities."""

    variant: str


@dataclass(frozen=True)
class Expression:
    """An algebra answer, graded by core.study.grading; as a prediction, only a sketch."""

    prompt: str
    grade_as: str  # one of SUMS


@dataclass(frozen=True)
class Rubric:
    """Prose that is read for its key points (core.study.grading.essay).

    enough: points needed to pass. shown: the texts of the question; copies of them do not count.
    """

    prompt: str
    points: tuple[Point, ...]
    enough: int
    shown: tuple[str, ...] = ()


Task = Choice | Order | Number | Quantity | Expression | Rubric | Bug | Match
SUMS = ("1a", "1b", "1c", "start", "bias")  # start, bias: y_2 with h_0, or with a bias b
KINDS = "choice, order, number, quantity, expression, rubric, bug or match"


def read_task(table: object, where: str) -> Task:
    """The task of one table. Errors: ValueError, one sentence that names `where`."""
    if not isinstance(table, dict):
        raise ValueError(f"{where} must be a table: write its keys under it.")
    kind = table.get("kind")
    match kind:
        case "choice":
            return _choice(table, where)
        case "order":
            return _order(table, where)
        case "number":
            return Number(_variant(table, where, VARIANTS))
        case "quantity":
            return Quantity(_variant(table, where, QUANTITIES))
        case "bug":
            return read_bug(table, where)
        case "match":
            return read_match(table, where)
        case "expression":
            only_keys(table, where, "kind prompt grade_as")
            grade_as = text_at(table, "grade_as", where)
            if grade_as not in SUMS:
                raise ValueError(
                    f"{where}: grade_as is {grade_as[:20]!r}: use one of {', '.join(SUMS)}."
                )
            return Expression(text_at(table, "prompt", where), grade_as)
        case "rubric":
            only_keys(table, where, "kind prompt points enough")
            points, enough = read_points(table.get("points"), where), table.get("enough")
            for point in points:
                no_markup(f"{point.text} {point.ask}", f"{where}: points")
            if type(enough) is not int or not 1 <= enough <= len(points):
                raise ValueError(f"{where}: enough must be from 1 to {len(points)} points.")
            return Rubric(text_at(table, "prompt", where), points, enough)
    said = "missing" if kind is None else repr(str(kind)[:30])
    raise ValueError(f"{where}: the kind is {said}: use {KINDS}.")


def _variant(table: dict[str, Any], where: str, known: Mapping[str, object]) -> str:
    only_keys(table, where, "kind variant")
    variant = text_at(table, "variant", where)
    if variant not in known:
        raise ValueError(
            f"{where}: there is no variant {variant[:30]!r}; there are {', '.join(known)}."
        )
    return variant


def _choice(table: dict[str, Any], where: str) -> Choice:
    only_keys(table, where, "kind prompt options")
    options = read_options(table.get("options"), where)
    return Choice(text_at(table, "prompt", where), options)


def _order(table: dict[str, Any], where: str) -> Order:
    only_keys(table, where, "kind prompt items slips")
    items = texts_at(table, "items", where, 3)
    slips, listed = [], table.get("slips", [])
    if not isinstance(listed, list):
        raise ValueError(f"{where}: slips must be a list of tables with early, before and reply.")
    for slip in listed:
        if not isinstance(slip, dict):
            raise ValueError(f"{where}: a slip must be a table with early, before and reply.")
        only_keys(slip, f"{where}, a slip", "early before reply")
        early, before = slip.get("early"), slip.get("before")
        if early not in items or before not in items or items.index(before) > items.index(early):
            raise ValueError(f"{where}: a slip names two items, the later one as early.")
        slips.append(
            (items.index(early), items.index(before), text_at(slip, "reply", f"{where}, a slip"))
        )
    return Order(text_at(table, "prompt", where), items, tuple(slips))
