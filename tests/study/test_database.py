"""The databases of rooms and progress: their own folder, their version, and what may be wrong."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from core.study.progress import Record, StudyProgress, predict
from core.study.storage import class_store, database
from core.study.storage.rooms import Rooms
from tests.conftest import ROOT

DONE = predict(StudyProgress("group-7"), "1a", "One factor W_h")


def use_rooms() -> None:
    opened = Rooms()
    try:
        opened.open_room("1a")
    finally:
        opened.release()


def use_progress() -> None:
    class_store.save("Ada", "lovelace", DONE)


USES = pytest.mark.parametrize(
    ("use", "name"),
    [(use_rooms, "rooms.sqlite3"), (use_progress, "study.sqlite3")],
    ids=["rooms", "progress"],
)
Use = Callable[[], None]


def fails(use: Use, *parts: str) -> None:
    """`use` fails with one sentence that has these parts, no line break and no path."""
    with pytest.raises(OSError, match=r"\.$") as refused:
        use()
    sentence = str(refused.value)
    for part in parts:
        assert part in sentence
    assert "/" not in sentence
    assert "\n" not in sentence


@USES
def test_the_state_has_its_own_folder_and_nothing_is_written_beside_the_runs(
    use: Use, name: str, state: Path, tmp_path: Path
) -> None:
    use()
    assert (state / name).is_file()
    assert list((tmp_path / "old").iterdir()) == []
    with sqlite3.connect(state / name) as file:
        assert file.execute("PRAGMA user_version").fetchone()[0] >= 1
        assert file.execute("PRAGMA application_id").fetchone()[0] != 0
        assert file.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    file.close()


def test_without_the_variable_it_is_in_the_user_s_data_folder_not_above_the_runs(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UNROLLED_STATE")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert database.state_folder() == tmp_path / "data" / "unrolled" / "state"
    monkeypatch.delenv("UNROLLED_RUNS")
    assert database.state_folder().parent == database.runs_folder().parent
    assert database.state_folder() not in database.runs_folder().parents


@USES
@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_bytes(b"no database at all, only some text\n" * 300),
        lambda path: sql(path, "CREATE TABLE recipe (title TEXT)"),
        lambda path: sql(path, "CREATE TABLE room (code TEXT)", "CREATE TABLE student (name TEXT)"),
        lambda path: sql(path, "PRAGMA application_id = 77", "CREATE TABLE recipe (title TEXT)"),
        lambda path: sql(path, "PRAGMA user_version = 5", "CREATE TABLE recipe (title TEXT)"),
    ],
    ids=["text", "other tables", "other columns", "other program", "other version"],
)
def test_a_foreign_file_is_named_and_left_as_it_is(
    use: Use, name: str, make: Callable[[Path], object], state: Path
) -> None:
    state.mkdir(parents=True)
    make(state / name)
    before = (state / name).read_bytes()
    fails(use, name, "is not a database of Unrolled", "UNROLLED_STATE")
    assert (state / name).read_bytes() == before


def sql(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


@USES
def test_a_file_of_a_newer_version_is_named_and_left_as_it_is(
    use: Use, name: str, state: Path
) -> None:
    use()
    sql(state / name, "PRAGMA user_version = 99", "CREATE TABLE later (x)")
    fails(use, name, "a newer version", "99", "update Unrolled")
    sql(state / name, "DROP TABLE later")


@USES
def test_a_database_of_the_other_kind_is_refused(use: Use, name: str, state: Path) -> None:
    use_rooms()
    use_progress()
    other = {"rooms.sqlite3": "study.sqlite3", "study.sqlite3": "rooms.sqlite3"}[name]
    for log in state.glob("*-*"):
        log.unlink()
    (state / name).write_bytes((state / other).read_bytes())
    fails(use, name, "is not a database of Unrolled")


@USES
def test_a_locked_file_is_named(use: Use, name: str, state: Path) -> None:
    use()
    holder = sqlite3.connect(state / name, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    fails(use, name, "is in use by another program")
    holder.execute("ROLLBACK")
    holder.close()
    use()


def test_a_room_that_is_open_survives_a_lock(state: Path) -> None:
    opened = Rooms()
    room, _ = opened.open_room("1a")
    holder = sqlite3.connect(state / "rooms.sqlite3", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    fails(lambda: opened.answer(room.code, opened.new_token(), "one"), "rooms.sqlite3", "in use")
    holder.execute("ROLLBACK")
    holder.close()
    opened.answer(room.code, opened.new_token(), "one")
    assert opened.counts(room.code) == {"one": 1}
    opened.release()


@USES
def test_a_read_only_file_is_named(
    use: Use, name: str, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use()
    connect = sqlite3.connect

    def read_only(path: Path | str, **how: object) -> sqlite3.Connection:
        place = path if path == ":memory:" else f"file:{path}?mode=ro"
        return connect(place, uri=True, **how)

    monkeypatch.setattr(sqlite3, "connect", read_only)
    fails(use, name, "is read-only", "UNROLLED_STATE")


def test_the_limit_in_pages_is_the_one_in_megabytes() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        (pages,) = connection.execute(database.SIZE_LIMIT).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    assert pages * size == database.MAX_MEGABYTES * 2**20


@USES
def test_a_full_file_is_named_and_what_is_in_it_stays(
    use: Use, name: str, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use()
    whole, small = database.SIZE_LIMIT, "PRAGMA max_page_count = 256"
    monkeypatch.setattr(database, "SIZE_LIMIT", small)
    large = StudyProgress(records={f"q-{i}": Record("x" * 2000) for i in range(90)})

    def fill() -> None:
        for i in range(12):
            if name == "study.sqlite3":
                class_store.save(f"Student {i}", "word", large)
                continue
            opened = Rooms()
            try:
                opened.open_room("x" * 100_000)
            finally:
                opened.release()

    fails(fill, name, "has no room left")
    monkeypatch.setattr(database, "SIZE_LIMIT", whole)
    use()


@USES
def test_a_damaged_file_is_named(use: Use, name: str, state: Path) -> None:
    use()
    for log in state.glob("*-*"):
        log.unlink()
    whole = (state / name).read_bytes()
    (state / name).write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    fails(use, name, "is damaged")


PLAIN_USER = []  # what runs a command as a user whom the rights of files bind
if os.name == "posix" and os.geteuid() == 0:
    rights = "-dac_override,-dac_read_search"
    PLAIN_USER = ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes of a folder")
@pytest.mark.skipif(bool(PLAIN_USER) and not shutil.which("setpriv"), reason="root without setpriv")
@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        (("runs", "data", "state"), ""),
        (("runs", "data"), "cannot be stored in the folder 'state' (Permission denied)"),
    ],
)
def test_a_user_that_owns_nothing_but_its_folders(
    own: tuple[str, ...], sentence: str, tmp_path: Path
) -> None:
    """As SECURITY.md has it: the folder that holds them cannot be written."""
    place = tmp_path / "srv"
    for name in own:
        (place / name).mkdir(parents=True)
    place.chmod(0o555)
    try:
        done = subprocess.run(
            [*PLAIN_USER, sys.executable, "-c", USE_BOTH],
            env=os.environ
            | {"PYTHONPATH": str(ROOT)}
            | {f"UNROLLED_{name.upper()}": str(place / name) for name in ("runs", "data", "state")},
            capture_output=True,
            text=True,
            timeout=240,
        )
    finally:
        place.chmod(0o755)
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in place.iterdir()) == sorted(own)
    said = done.stdout.splitlines()
    assert len(said) == (2 if sentence else 0)
    assert all(sentence in line for line in said)


USE_BOTH = """
from core.study.storage import class_store
from core.study.progress import StudyProgress
from core.study.storage.rooms import Rooms
uses = [lambda: Rooms().open_room("1a"), lambda: class_store.save("Ada", "word", StudyProgress())]
for use in uses:
    try:
        use()
    except OSError as error:
        print(error)
"""


@USES
def test_a_folder_that_cannot_be_made_is_one_sentence(
    use: Use, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("UNROLLED_STATE", str(tmp_path / "file" / "state"))
    fails(use, name, "'state'", "UNROLLED_STATE")


@USES
def test_a_folder_at_the_place_of_the_file_is_one_sentence(
    use: Use, name: str, state: Path
) -> None:
    (state / name).mkdir(parents=True)
    fails(use, name, "UNROLLED_STATE")
