"""Progress of a class on one server: SQLite, under a name each student chooses.

No accounts and no personal data: a name of one's own choosing, and a word that only its owner
knows, of which a salted hash is kept. In WAL mode many may read while one writes.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.runs.directory import runs_folder
from core.study.progress import Progress, dump, load

NAME = re.compile(r"[\w][\w .-]{1,29}")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS student (
    name TEXT PRIMARY KEY, salt BLOB NOT NULL, word BLOB NOT NULL,
    progress TEXT NOT NULL, updated REAL NOT NULL)
"""


def store_path() -> Path:
    """Beside the runs, in the data directory of whoever runs the server."""
    return runs_folder().parent / "study.sqlite3"


def save(name: str, word: str, progress: Progress, path: Path | None = None) -> None:
    """Keep `progress` under `name`. The first to use a name sets its word.

    Raises ValueError, one sentence, for an unusable name or word, or one that is not its own.
    """
    _check(name, word)
    with _open(path or store_path()) as database:
        kept = _row(database, name)
        salt = kept[0] if kept else secrets.token_bytes(16)
        if kept and not hmac.compare_digest(kept[1], _hash(word, salt)):
            raise ValueError(
                f"The name {name!r} is taken and this is not its word: choose another."
            )
        database.execute(
            "INSERT INTO student VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
            "progress = excluded.progress, updated = excluded.updated",
            (name, salt, _hash(word, salt), dump(progress), time.time()),
        )


def fetch(name: str, word: str, path: Path | None = None) -> Progress:
    """What is kept under `name`. Raises ValueError when there is nothing, or the word is wrong."""
    _check(name, word)
    with _open(path or store_path()) as database:
        kept = _row(database, name)
    if kept is None or not hmac.compare_digest(kept[1], _hash(word, kept[0])):
        raise ValueError(f"Nothing is kept under the name {name!r} with this word: check both.")
    return load(kept[2])


def _check(name: str, word: str) -> None:
    if not NAME.fullmatch(name):
        raise ValueError(
            f"The name {name[:30]!r} cannot be used: take 2 to 30 letters, digits, . or -."
        )
    if not 4 <= len(word) <= 100:
        raise ValueError(f"The word has {len(word)} characters: take 4 to 100.")


def _hash(word: str, salt: bytes) -> bytes:
    return hashlib.scrypt(word.encode(), salt=salt, n=2**12, r=8, p=1)


def _row(database: sqlite3.Connection, name: str) -> tuple[bytes, bytes, str] | None:
    query = "SELECT salt, word, progress FROM student WHERE name = ?"
    row: tuple[bytes, bytes, str] | None = database.execute(query, (name,)).fetchone()
    return row


@contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    """One transaction; writers wait for each other up to 20 seconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path, timeout=20, isolation_level=None)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("BEGIN IMMEDIATE")
        database.execute(_SCHEMA)
        yield database
        database.execute("COMMIT")
    finally:
        database.close()  # an open transaction is rolled back
