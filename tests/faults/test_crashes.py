"""No crash and no damage loses a run: tests/faults/crashes.py, as short as in continuous tests."""

import os

import pytest

from tests.faults.crashes import check_all


# Four kills: each kind of model once while it gets ready and once while it trains.
@pytest.mark.timeout(900)
@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a POSIX matter")
@pytest.mark.parametrize(
    ("kills", "tries"), [(4, 150), pytest.param(12, 1_000, marks=pytest.mark.long)]
)
def test_runs_survive_kills_at_any_moment_and_every_damage_is_named(kills: int, tries: int) -> None:
    check_all(kills, tries, seed=0)
