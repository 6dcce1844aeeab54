"""The SQLite files of the study pages: open, check and migrate them; each failure is one sentence.

Two numbers in the header identify a file: `application_id` marks it as ours, `user_version` is the
number of schema steps that have been applied. An older file gets the missing steps in one
transaction; any other file is left alone. In WAL mode readers and one writer do not wait for each
other. Several threads and processes may use one file.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from core.run_files.directory import runs_folder
from core.system.folders import user_folder

WAIT_SECONDS = 5.0  # for another writer
MAX_MEGABYTES = 200  # of one file
SIZE_LIMIT = "PRAGMA max_page_count = 51200"  # the same, in pages of 4,096 bytes
_CHOOSE = "or choose another folder with UNROLLED_STATE"


def state_folder() -> Path:
    """The folder of rooms and stored progress: UNROLLED_STATE, else `unrolled/state` in the user's
    data directory."""
    return user_folder("state", "UNROLLED_STATE")


@dataclass(frozen=True)
class Schema:
    """What a file of ours looks like, and how an older one becomes it.

    application_id: four bytes that mark the file. steps: SQL scripts; step n makes version n of
    version n - 1 and writes both numbers into the header, where they differ.
    """

    application_id: int
    steps: tuple[str, ...]

    def columns(self, version: int) -> set[tuple[str, str]]:
        """(table, column) of every column that a file of that version has."""
        with closing(sqlite3.connect(":memory:")) as empty:
            for step in self.steps[:version]:
                empty.executescript(step)
            return _columns(empty)


def state_file(name: str, schema: Schema) -> Path:
    """The path of a database in the state folder.

    Older versions had their databases beside the runs folder. Such a file is copied if there is no
    new one yet; the old file stays. Raises OSError, one sentence.
    """
    path, old = state_folder() / name, runs_folder().parent / name
    with _folder_of(path):
        if not path.exists() and os.path.isfile(old):  # False where the folder may not be read
            try:
                with FileLock(path.with_name(f".{name}.lock"), timeout=WAIT_SECONDS):
                    if not path.exists():
                        _copy(old, path, schema)
            except Timeout:
                raise OSError(_in_use(path)) from None
    return path


@contextmanager
def _folder_of(path: Path) -> Iterator[None]:
    """Create the folder; a system error about it or its files becomes one sentence."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield
    except OSError as error:
        if not error.strerror:  # it is one of ours
            raise
        raise OSError(
            f"{path.name} cannot be stored in the folder {path.parent.name!r} ({error.strerror}): "
            f"let this user write there, {_CHOOSE}."
        ) from error


def _copy(old: Path, new: Path, schema: Schema) -> None:
    """Copy with SQLite's own backup: complete even while an older server writes to `old`."""
    partial = new.with_name(f".{new.name}.half")
    partial.unlink(missing_ok=True)
    with one_sentence_errors(old), closing(sqlite3.connect(old, timeout=WAIT_SECONDS)) as source:
        if _columns(source) != schema.columns(1):  # another program's file of that name
            return
        with closing(sqlite3.connect(partial)) as target:
            source.backup(target)
    os.replace(partial, new)


class Database:
    """One connection to one file; a context manager that closes it.

    Raises OSError, one sentence that names the file, if it is not ours, newer, damaged, in use,
    full or read-only.
    """

    def __init__(self, path: Path, schema: Schema):
        self.path = path
        self._turn = threading.Lock()
        with _folder_of(path), one_sentence_errors(path):
            self._connection = sqlite3.connect(
                path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare(schema)
            except BaseException:
                self._connection.close()
                raise
        weakref.finalize(self, self._connection.close)  # Windows removes no file that is open

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the file."""
        self._connection.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time."""
        with one_sentence_errors(self.path):
            if not self._turn.acquire(timeout=2 * WAIT_SECONDS):
                raise OSError(_in_use(self.path))
            try:
                yield self._connection
            finally:
                self._turn.release()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction; waits for another writer at most WAIT_SECONDS."""
        with self.reading() as connection, _transaction(connection):
            yield connection

    def _prepare(self, schema: Schema) -> None:
        self._connection.execute(SIZE_LIMIT)
        with _transaction(self._connection, write=False):
            version = self._check(schema)
        if version < len(schema.steps):
            with _transaction(self._connection):
                version = self._check(schema)  # another process may have been faster
                for step in schema.steps[version:]:
                    for statement in step.split(";"):  # executescript would commit
                        self._connection.execute(statement)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")

    def _check(self, schema: Schema) -> int:
        """The version of the file; 0 for an empty one. Raises OSError if the file is not ours."""
        (owner,) = self._connection.execute("PRAGMA application_id").fetchone()
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        columns = _columns(self._connection)
        if owner == schema.application_id and version > len(schema.steps):
            raise OSError(
                f"{self.path.name} was written by a newer version of Unrolled (file version "
                f"{version}, known up to {len(schema.steps)}): update Unrolled, {_CHOOSE}."
            )
        if owner == 0 and version == 0:  # new, or from before files had a version
            if not columns:
                return 0
            if columns == schema.columns(1):
                return 0  # the first step does not touch existing tables
        elif owner == schema.application_id and columns == schema.columns(version):
            return int(version)
        raise OSError(_foreign(self.path))


@contextmanager
def one_sentence_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors about `path` into an OSError of one sentence."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the extension
        name, reason = path.name, str(error)
        messages = {
            sqlite3.SQLITE_NOTADB: _foreign(path),
            sqlite3.SQLITE_CORRUPT: f"{name} is damaged: restore a copy of it, {_CHOOSE}.",
            sqlite3.SQLITE_CANTOPEN: f"{name} cannot be opened: let this user read and write "
            f"it and its folder, {_CHOOSE}.",
            sqlite3.SQLITE_BUSY: _in_use(path),
            sqlite3.SQLITE_LOCKED: _in_use(path),
            sqlite3.SQLITE_READONLY: f"{name} is read-only: let this user write to it and its "
            f"folder, {_CHOOSE}.",
            sqlite3.SQLITE_FULL: f"{name} has no room left: free space on the disk; the file "
            f"itself may have {MAX_MEGABYTES} MB.",
        }
        other = f"{name} cannot be used ({reason}): check the file and its folder, {_CHOOSE}."
        raise OSError(messages.get(code, other)) from error


@contextmanager
def _transaction(connection: sqlite3.Connection, *, write: bool = True) -> Iterator[None]:
    """All statements or none; what is read in it is the file at one moment."""
    connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # on some errors SQLite itself has rolled back
            connection.execute("ROLLBACK")
        raise


def _columns(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    query = (
        "SELECT m.name, c.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c "
        "WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
    )
    return set(connection.execute(query).fetchall())


def _foreign(path: Path) -> str:
    return f"{path.name} is not a database of Unrolled: move it away, {_CHOOSE}."


def _in_use(path: Path) -> str:
    return f"{path.name} is in use by another program: try again in a moment."
