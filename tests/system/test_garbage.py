"""Libraries in memory are not searched through for garbage."""

import gc

import pytest

from core.system import garbage


def test_what_is_in_memory_is_set_aside_once_for_each_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(garbage, "_set_aside", set())
    monkeypatch.setattr(garbage, "LIBRARIES", {"pytest", "not imported"})
    imported = [[number] for number in range(1000)]
    before = gc.get_freeze_count()
    assert garbage.set_aside_libraries()
    assert gc.get_freeze_count() >= before + len(imported)
    assert not garbage.set_aside_libraries()
