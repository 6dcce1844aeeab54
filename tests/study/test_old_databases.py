"""Rooms, progress and measurements of the first version, beside the runs, are copied and read."""

import sqlite3
import threading
from pathlib import Path

from core.study.measure.store import MEASUREMENTS, load_measurements, save_measurement
from core.study.progress import StudyProgress
from core.study.storage import class_store, database
from core.study.storage.progress_file import dump
from core.study.storage.rooms import Rooms
from tests.study.test_database import DONE, USES, Use

OLD_ROOMS = """
CREATE TABLE IF NOT EXISTS room (
    code TEXT PRIMARY KEY, secret BLOB NOT NULL, question TEXT NOT NULL,
    closes REAL NOT NULL, revealed INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS answer (
    code TEXT NOT NULL, token BLOB NOT NULL, given TEXT NOT NULL, PRIMARY KEY (code, token));
"""
OLD_PROGRESS = """
CREATE TABLE IF NOT EXISTS student (
    name TEXT PRIMARY KEY, salt BLOB NOT NULL, word BLOB NOT NULL,
    progress TEXT NOT NULL, updated REAL NOT NULL)
"""


def old_rooms(path: Path) -> None:
    """A file as the first version made it, with a room of one answer."""
    old = sqlite3.connect(path, isolation_level=None)
    old.execute("PRAGMA journal_mode = WAL")
    old.executescript(OLD_ROOMS)
    old.execute("INSERT INTO room VALUES ('ABCDE', x'00', '1a', 4e9, 0)")
    old.execute("INSERT INTO answer VALUES ('ABCDE', x'01', 'one')")
    old.close()


def old_progress(path: Path) -> None:
    """A file as the first version made it: Ada's progress, with the word lovelace."""
    old = sqlite3.connect(path, isolation_level=None)
    old.execute("PRAGMA journal_mode = WAL")
    old.execute(OLD_PROGRESS)
    salted = (b"s" * 16, class_store._hash("lovelace", b"s" * 16))
    old.execute("INSERT INTO student VALUES ('Ada', ?, ?, ?, 0)", (*salted, dump(DONE)))
    old.close()


def test_rooms_of_the_first_version_are_copied(state: Path, tmp_path: Path) -> None:
    old_rooms(tmp_path / "old" / "rooms.sqlite3")
    before = (tmp_path / "old" / "rooms.sqlite3").read_bytes()
    opened = Rooms()
    assert opened.counts("ABCDE") == {"one": 1}
    opened.answer("ABCDE", opened.new_token(), "two")
    opened.release()
    again = Rooms()
    assert again.counts("ABCDE") == {"one": 1, "two": 1}
    again.release()
    assert (tmp_path / "old" / "rooms.sqlite3").read_bytes() == before, "the old file stays"
    assert sorted(p.name for p in state.iterdir() if p.name.startswith(".")) in (
        [], [".rooms.sqlite3.lock"],
    )  # fmt: skip


def test_progress_of_the_first_version_is_copied(state: Path, tmp_path: Path) -> None:
    old_progress(tmp_path / "old" / "study.sqlite3")
    assert class_store.fetch("Ada", "lovelace") == DONE
    class_store.save("Ada", "lovelace", StudyProgress())
    assert class_store.fetch("Ada", "lovelace") == StudyProgress()


def test_the_write_ahead_log_of_an_old_server_is_copied_too(state: Path, tmp_path: Path) -> None:
    path = tmp_path / "old" / "rooms.sqlite3"
    old_rooms(path)
    running = sqlite3.connect(path, isolation_level=None)  # its answer is in the log alone
    running.execute("INSERT INTO answer VALUES ('ABCDE', x'02', 'two')")
    opened = Rooms()
    assert opened.counts("ABCDE") == {"one": 1, "two": 1}
    opened.release()
    running.close()


def test_twenty_servers_that_start_at_once_migrate_once(state: Path, tmp_path: Path) -> None:
    old_rooms(tmp_path / "old" / "rooms.sqlite3")
    database.WAIT_SECONDS = 20.0  # the fixture puts it back
    start, opened, errors = threading.Barrier(20), [], []

    def server() -> None:
        start.wait()
        try:
            opened.append(Rooms())
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=server) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    token = opened[0].new_token()
    assert all(one.accepts(token) for one in opened), "all sign with the same key"
    assert all(one.counts("ABCDE") == {"one": 1} for one in opened)
    for one in opened:
        one.release()


def test_measurements_of_the_first_version_are_read_and_new_ones_win(
    state: Path, tmp_path: Path
) -> None:
    values: dict[str, float | str] = dict.fromkeys(MEASUREMENTS["samples"].keys, "old")
    save_measurement("samples", values, tmp_path / "old" / "measurements.json")
    assert load_measurements()["samples"]["label"] == "old"
    save_measurement("samples", values | {"label": "new"})
    assert load_measurements()["samples"]["label"] == "new"
    assert [p.name for p in state.iterdir()] == ["measurements.json"]


@USES
def test_a_foreign_file_at_the_old_path_is_left_alone(
    use: Use, name: str, state: Path, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "old" / name)
    other.execute("CREATE TABLE recipe (title TEXT)")
    other.close()
    before = (tmp_path / "old" / name).read_bytes()
    use()
    assert (tmp_path / "old" / name).read_bytes() == before
