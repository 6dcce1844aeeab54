"""What a class keeps on the server: bounded when it is stored, so that all of it comes back."""

import sqlite3
from pathlib import Path

import pytest

from core.study.progress import Record, StudyProgress
from core.study.storage import class_store
from core.study.storage.class_store import MAX_PROGRESS_BYTES, WrongPassphrase, fetch, save
from core.study.storage.progress_file import dump


def large(letters: str, records: int) -> StudyProgress:
    return StudyProgress(records={f"q-{i}": Record(letters * 2000) for i in range(records)})


def test_stored_progress_is_fetched_unchanged(tmp_path: Path) -> None:
    path, records, stored = tmp_path / "study.sqlite3", 1, 0
    for letters in ("x", "π", "🙂"):  # 1, 2 and 4 bytes
        while len(dump(large(letters, records)).encode()) <= MAX_PROGRESS_BYTES:
            save("Ada", "lovelace", large(letters, records), path)
            assert fetch("Ada", "lovelace", path) == large(letters, records)
            records, stored = records + 8, stored + 1
        with pytest.raises(ValueError, match=r"has [\d,]+ bytes and this server stores 200,000"):
            save("Ada", "lovelace", large(letters, records), path)
        records = 1
    assert stored > 10


def test_too_much_progress_is_refused_and_the_stored_one_stays(tmp_path: Path) -> None:
    path = tmp_path / "study.sqlite3"
    save("Ada", "lovelace", StudyProgress("before"), path)
    with pytest.raises(ValueError, match="save it as a file"):
        save("Ada", "lovelace", large("x", 600), path)  # 1.2 MB, which no `load` takes
    assert fetch("Ada", "lovelace", path) == StudyProgress("before")


def test_the_number_of_names_is_limited_and_known_ones_are_still_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(class_store, "MAX_STUDENTS", 3)
    path = tmp_path / "study.sqlite3"
    for name in ("Ada", "Bob", "Cleo"):
        save(name, "word", StudyProgress(), path)
    with pytest.raises(ValueError, match="stores the progress of 3 names and has no room"):
        save("Dora", "word", StudyProgress(), path)
    save("Ada", "word", StudyProgress("later"), path)
    assert fetch("Ada", "word", path) == StudyProgress("later")


def test_a_wrong_passphrase_changes_nothing_and_has_its_own_error(tmp_path: Path) -> None:
    path = tmp_path / "study.sqlite3"
    save("Ada", "lovelace", StudyProgress("hers"), path)
    with pytest.raises(WrongPassphrase, match="is taken"):
        save("Ada", "guess", StudyProgress("not hers"), path)
    for name in ("Ada", "Eve"):
        with pytest.raises(WrongPassphrase, match="check both"):
            fetch(name, "guess", path)
    with pytest.raises(ValueError, match="cannot be used") as refused:
        fetch("../etc", "guess", path)
    assert not isinstance(refused.value, WrongPassphrase)
    assert fetch("Ada", "lovelace", path) == StudyProgress("hers")


def test_the_file_contains_no_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "study.sqlite3"
    save("Ada", "lovelace", StudyProgress(), path)
    assert b"lovelace" not in b"".join(p.read_bytes() for p in tmp_path.iterdir())
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT name FROM student").fetchall() == [("Ada",)]
    file.close()
