"""What the faults of the questions do on their small examples."""

from __future__ import annotations

from core.study.faults import FAULTS
from core.study.measure.store import Values


def faults() -> Values:
    """For each fault its telling number with the fault, and repaired."""
    values: Values = {}
    for name, fault in FAULTS.items():
        wrong, right = fault.run()
        values |= {f"{name}_wrong": wrong.value, f"{name}_right": right.value}
    return values
