"""Progress of a class on one server: SQLite, under a name each student chooses.

No accounts and no personal data: a name of one's own choosing, and a word that only its owner
knows, of which a salted hash is kept. How often a word may be guessed is the caller's to limit.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import sqlite3
import time
from pathlib import Path

from core.study.progress import Progress, dump, load
from core.study.storage.database import Database, Schema, state_file

NAME = re.compile(r"[\w][\w .-]{1,29}")
MAX_STUDENTS = 5000  # names in the file
MAX_KEPT_BYTES = 200_000  # of one student's progress, in UTF-8; `load` reads five times as much
SCHEMA = Schema(
    0x556E5374,  # "UnSt"
    (
        """
PRAGMA application_id = 0x556E5374;
PRAGMA user_version = 1;
CREATE TABLE IF NOT EXISTS student (
    name TEXT PRIMARY KEY, salt BLOB NOT NULL, word BLOB NOT NULL,
    progress TEXT NOT NULL, updated REAL NOT NULL)
""",
    ),
)


class WrongWord(ValueError):
    """The word is not the one of this name; one sentence."""


def save(name: str, word: str, progress: Progress, path: Path | None = None) -> None:
    """Keep `progress` under `name`. The first to use a name sets its word.

    Raises ValueError, one sentence, for an unusable name or word, one that is not its own
    (WrongWord), too much progress or too many names; OSError when the file fails.
    """
    _check(name, word)
    text = dump(progress)
    size = len(text.encode("utf-8", "replace"))
    if size > MAX_KEPT_BYTES:
        raise ValueError(
            f"Your progress has {size:,} bytes and this server keeps {MAX_KEPT_BYTES:,}: save it "
            "to a file of yours instead."
        )
    with _open(path) as database:
        with database.reading() as connection:
            kept = _row(connection, name)
        salt = kept[0] if kept else secrets.token_bytes(16)
        hashed = _hash(word, salt)  # takes its time, so no transaction waits for it
        with database.writing() as connection:
            if _row(connection, name) is None:
                count = connection.execute("SELECT COUNT(*) FROM student").fetchone()[0]
                if count >= MAX_STUDENTS:
                    raise ValueError(
                        f"This server keeps the progress of {MAX_STUDENTS:,} names and has no "
                        "room for another: save yours to a file."
                    )
            done = connection.execute(
                "INSERT INTO student VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
                "progress = excluded.progress, updated = excluded.updated "
                "WHERE word = excluded.word AND salt = excluded.salt",
                (name, salt, hashed, text, time.time()),
            )
    if done.rowcount == 0:
        raise WrongWord(f"The name {name!r} is taken and this is not its word: choose another.")


def fetch(name: str, word: str, path: Path | None = None) -> Progress:
    """What is kept under `name`.

    Raises WrongWord when there is nothing or the word is wrong, ValueError for an unusable name or
    word, OSError when the file fails.
    """
    _check(name, word)
    with _open(path) as database, database.reading() as connection:
        kept = _row(connection, name)
    salt, expected, text = kept or (b"", b"", "")  # an unknown name takes as long as a known one
    if not hmac.compare_digest(expected, _hash(word, salt)):
        raise WrongWord(f"Nothing is kept under the name {name!r} with this word: check both.")
    return load(text)


def _check(name: str, word: str) -> None:
    if not NAME.fullmatch(name):
        raise ValueError(
            f"The name {name[:30]!r} cannot be used: take 2 to 30 letters, digits, . or -."
        )
    if not 4 <= len(word) <= 100:
        raise ValueError(f"The word has {len(word)} characters: take 4 to 100.")


def _hash(word: str, salt: bytes) -> bytes:
    return hashlib.scrypt(word.encode("utf-8", "replace"), salt=salt, n=2**12, r=8, p=1)


def _row(connection: sqlite3.Connection, name: str) -> tuple[bytes, bytes, str] | None:
    query = "SELECT salt, word, progress FROM student WHERE name = ?"
    row: tuple[bytes, bytes, str] | None = connection.execute(query, (name,)).fetchone()
    return row


def _open(path: Path | None) -> Database:
    return Database(path or state_file("study.sqlite3", SCHEMA), SCHEMA)
