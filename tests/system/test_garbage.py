"""Libraries in memory are not searched through for garbage."""

import gc
from collections.abc import Iterator

import pytest

from core.system import garbage


@pytest.fixture(autouse=True)
def _again_afterwards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(garbage, "_set_aside", set())
    yield
    gc.unfreeze()


def test_a_library_is_set_aside_once(monkeypatch: pytest.MonkeyPatch) -> None:
    gc.unfreeze()
    searched = len(gc.get_objects())
    monkeypatch.setattr(garbage, "LIBRARIES", {"pytest", "not imported"})
    assert garbage.set_aside_libraries()
    assert len(gc.get_objects()) < searched / 10
    assert not garbage.set_aside_libraries()
