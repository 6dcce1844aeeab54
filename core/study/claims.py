"""All claims of the shipped questions and storylines, and whether this machine supports them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.study.claim import Claim
from core.study.question import Choice, shipped
from core.study.storyline import lessons, storyline


@dataclass(frozen=True)
class Result:
    """where: the question or beat; line: the claim with its number, for a terminal."""

    where: str
    line: str
    holds: bool


def all_claims() -> list[tuple[str, Claim]]:
    """(where it is made, such as "1d" or "rnn, beat 4"; the claim) of each."""
    found: dict[str, tuple[Claim, ...]] = {}
    for name, question in shipped().items():
        found[name] = question.decides
        if isinstance(question.predict, Choice):
            for number, option in enumerate(question.predict.options, 1):
                found[f"{name}, option {number}"] = option.refuted
    for lesson in lessons():
        story = storyline(lesson)
        assert story is not None
        for number, beat in enumerate(story.beats, 1):
            found[f"{lesson}, beat {number}"] = beat.decides
    return [(where, claim) for where, claims in found.items() for claim in claims]


def check_all() -> Iterator[Result]:
    """Measure what each claim needs, once, and compare. A few claims take seconds."""
    from core.study.measure.models import measure

    measured = {}
    for where, claim in all_claims():
        if claim.measure not in measured:
            measured[claim.measure] = measure(claim.measure)
        values = measured[claim.measure]
        yield Result(where, f"{where}: {claim.line(values)}", claim.holds(values))
