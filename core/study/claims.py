"""All claims of the shipped questions and storylines, and whether this machine supports them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.models.zoo import ASSETS
from core.study.claim import Claim
from core.study.measure.store import MEASUREMENTS, Values, load_measurements, measure
from core.study.question import shipped
from core.study.storyline import lessons, storyline
from core.study.tasks import Choice

SHIPPED = ASSETS / "measurements" / "claims.json"


@dataclass(frozen=True)
class Result:
    """where: the question or beat; line: the claim with its number, for a terminal."""

    where: str
    line: str
    holds: bool


def all_claims() -> list[tuple[str, Claim]]:
    """(where it is made, such as "1d" or "rnn, beat 4"; the claim) of each."""
    claims_by_name: dict[str, tuple[Claim, ...]] = {}
    for name, question in shipped().items():
        claims_by_name[name] = question.decides
        if isinstance(question.predict, Choice):
            for number, option in enumerate(question.predict.options, 1):
                claims_by_name[f"{name}, option {number}"] = option.refuted
    for lesson in lessons():
        story = storyline(lesson)
        assert story is not None
        for number, beat in enumerate(story.beats, 1):
            claims_by_name[f"{lesson}, beat {number}"] = beat.decides
    return [(where, claim) for where, claims in claims_by_name.items() for claim in claims]


def check_all(write: Path | None = None) -> Iterator[Result]:
    """Measure what each claim needs, once, and compare. A few measurements take seconds.

    write: a file for the values, with this machine's name, such as SHIPPED.
    """
    from core.system.device import this_machine

    measured: dict[str, Values] = {}
    for where, claim in all_claims():
        if claim.measure not in measured:
            measured[claim.measure] = measure(claim.measure)
        values = measured[claim.measure]
        yield Result(where, f"{where}: {claim.line(values)}", claim.holds(values))
    if write is not None:
        about = {"machine": this_machine(), "date": time.strftime("%Y-%m-%d"), "values": measured}
        write.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8", newline="\n")


def known_values(name: str) -> tuple[Values, str] | None:
    """The values of a measurement and where they are from: this machine, or the one that made
    assets/measurements/claims.json. None if neither has measured it."""
    if name in (here := load_measurements()):
        return here[name], f"Measured on this machine on {here[name].get('day', 'an earlier day')}."
    with suppress(OSError, ValueError, KeyError):
        about = json.loads(SHIPPED.read_text(encoding="utf-8"))
        if (values := about["values"][name]).keys() >= {*MEASUREMENTS[name].keys}:
            return values, f"Measured on {about['machine']}, {about['date']}."
    return None


def disagreement(claims: Iterable[Claim]) -> str:
    """What was measured where a claim fails, with its source; "" if none is known to fail."""
    for claim in claims:
        known = known_values(claim.measure)
        if known is not None and not claim.holds(known[0]):
            return claim.failure(*known)
    return ""
