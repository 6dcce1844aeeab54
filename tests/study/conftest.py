"""A state folder of its own for each test of the databases."""

from pathlib import Path

import pytest

from core.study.storage import database


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder, not there yet, and an empty folder `old` that holds the runs folder."""
    (tmp_path / "old").mkdir()
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path / "old" / "runs"))
    monkeypatch.setenv("UNROLLED_STATE", str(tmp_path / "new" / "state"))
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.05)
    return tmp_path / "new" / "state"
