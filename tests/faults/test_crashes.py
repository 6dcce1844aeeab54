"""No crash and no damage loses a run: tests/faults/crashes.py, as short as in continuous tests."""

import os

import pytest

from tests.faults.crashes import check_all


@pytest.mark.timeout(900)
@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a POSIX matter")
def test_runs_survive_kills_at_any_moment_and_every_damage_is_named() -> None:
    check_all(kills=8, tries=500, seed=0)
