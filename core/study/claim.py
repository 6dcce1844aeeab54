"""A claim that a measurement decides: what is measured, how it is compared, and the sentence.

    decides = { measure = "decay", field = "peak", is = "above", than = 1,
                text = "‖W^k‖ rises to {decay.peak:,.0f} times its first value" }

The right option of a prediction, a wrong option that an experiment refutes, and a beat of a
storyline each may have one. The comparisons are a fixed set; nothing is evaluated.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.study.measure.store import MEASUREMENTS, Values, fill, placeholders
from core.study.toml_values import no_markup

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "above": operator.gt,
    "below": operator.lt,
    "at least": operator.ge,
    "at most": operator.le,
    "equal to": operator.eq,
}
KEYS = "measure field is than text"


@dataclass(frozen=True)
class Claim:
    """`field` of `measure` compared with `than`: a number, or another field of the same measure."""

    measure: str
    field: str
    comparison: str
    than: float | str
    text: str

    def bound(self, values: Values) -> float:
        """The number that the measured one is compared with."""
        return float(values[self.than]) if isinstance(self.than, str) else self.than

    def holds(self, values: Values) -> bool:
        """Whether the measurement supports the claim."""
        return COMPARISONS[self.comparison](float(values[self.field]), self.bound(values))

    def sentence(self, values: Values) -> str:
        """What was measured, in words."""
        return fill(self.text, {self.measure: values}) or self.text

    def failure(self, values: Values, source: str) -> str:
        """What was measured and where, if it does not support the claim: two sentences."""
        return (
            f"{self.sentence(values)}. {source} This number is not {self.comparison} "
            f"{self.bound(values):.3g}, so the measurement does not support the answer: trust the "
            "measurement."
        )

    def line(self, values: Values) -> str:
        """One line for the terminal: the number, the comparison, and whether it holds."""
        than = f" ({self.than})" if isinstance(self.than, str) else ""
        verdict = "holds" if self.holds(values) else "FAILS"
        return (
            f"{self.measure}.{self.field} = {float(values[self.field]):.4g}, {self.comparison} "
            f"{self.bound(values):.4g}{than}: {verdict}"
        )


def read_claims(tables: object, where: str) -> tuple[Claim, ...]:
    """The claims of a TOML value: one table, or a list of at most four."""
    listed = tables if isinstance(tables, list) else [tables]
    if len(listed) > 4:
        raise ValueError(f"{where} has {len(listed)} claims: four at most.")
    return tuple(read_claim(table, where) for table in listed)


def read_claim(table: object, where: str) -> Claim:
    """A claim from a TOML table. Errors: ValueError, one sentence that begins with `where`."""
    if not isinstance(table, dict) or set(table) != set(KEYS.split()):
        raise ValueError(f"{where} must be a table with the keys {', '.join(KEYS.split())}.")
    measure, field, comparison = (table[key] for key in ("measure", "field", "is"))
    if measure not in MEASUREMENTS:
        raise ValueError(
            f"{where}: there is no measurement {str(measure)[:30]!r}; there are "
            f"{', '.join(sorted(MEASUREMENTS))}."
        )
    keys = MEASUREMENTS[measure].keys
    if field not in keys:
        raise ValueError(
            f"{where}: {measure} has no {str(field)[:30]!r}; it has {', '.join(keys)}."
        )
    if comparison not in COMPARISONS:
        raise ValueError(
            f"{where}: there is no comparison {str(comparison)[:30]!r}; there are "
            f"{', '.join(COMPARISONS)}."
        )
    than, text = table["than"], table["text"]
    number = isinstance(than, int | float) and not isinstance(than, bool)
    if not (number or than in keys):
        raise ValueError(f"{where}: than must be a number or one of {', '.join(keys)}.")
    if not isinstance(text, str) or not text.strip() or len(text) > 300:
        raise ValueError(f"{where}: text must be a sentence of at most 300 characters.")
    if any((name, key) not in {(measure, k) for k in keys} for name, key in placeholders(text)):
        raise ValueError(f"{where}: text may fill in fields of {measure} only.")
    no_markup(text, f"{where}: text")
    return Claim(measure, field, comparison, float(than) if number else than, text.strip())
