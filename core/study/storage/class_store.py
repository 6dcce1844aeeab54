"""The progress of a class on one server: SQLite, under a name that each student chooses.

No accounts and no personal data: a free name and a passphrase; only a salted hash of it is stored.
The caller limits how often a passphrase may be guessed.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import sqlite3
import time
from pathlib import Path

from core.study.progress import StudyProgress
from core.study.storage.database import Database, Schema, state_file
from core.study.storage.progress_file import dump, load

NAME = re.compile(r"[\w][\w .-]{1,29}")
MAX_STUDENTS = 5000  # names in the file
MAX_PROGRESS_BYTES = 200_000  # of one student's progress in UTF-8; `load` accepts more
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


class WrongPassphrase(ValueError):
    """The passphrase does not belong to this name; the message is one sentence."""


def save(name: str, passphrase: str, progress: StudyProgress, path: Path | None = None) -> None:
    """Store `progress` under `name`. The first to use a name sets its passphrase.

    Raises WrongPassphrase for the passphrase of another; ValueError, one sentence, for an unusable
    name or passphrase, too much progress or too many names; OSError when the file fails.
    """
    _check(name, passphrase)
    text = dump(progress)
    size = len(text.encode("utf-8", "replace"))
    if size > MAX_PROGRESS_BYTES:
        raise ValueError(
            f"Your progress has {size:,} bytes and this server stores {MAX_PROGRESS_BYTES:,}: "
            "save it as a file instead."
        )
    with _open(path) as database:
        with database.reading() as connection:
            row = _row(connection, name)
        salt = row[0] if row else secrets.token_bytes(16)
        hashed = _hash(passphrase, salt)  # slow on purpose: no transaction waits for it
        with database.writing() as connection:
            if _row(connection, name) is None:
                count = connection.execute("SELECT COUNT(*) FROM student").fetchone()[0]
                if count >= MAX_STUDENTS:
                    raise ValueError(
                        f"This server stores the progress of {MAX_STUDENTS:,} names and has no "
                        "room for another: save yours as a file."
                    )
            done = connection.execute(
                "INSERT INTO student VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
                "progress = excluded.progress, updated = excluded.updated "
                "WHERE word = excluded.word AND salt = excluded.salt",
                (name, salt, hashed, text, time.time()),
            )
    if done.rowcount == 0:
        raise WrongPassphrase(
            f"The name {name!r} is taken and this is not its passphrase: choose another."
        )


def fetch(name: str, passphrase: str, path: Path | None = None) -> StudyProgress:
    """The progress stored under `name`.

    Raises WrongPassphrase if there is none or the passphrase is wrong, ValueError for an unusable
    name or passphrase, OSError when the file fails.
    """
    _check(name, passphrase)
    with _open(path) as database, database.reading() as connection:
        row = _row(connection, name)
    salt, expected, text = row or (b"", b"", "")  # an unknown name takes as long as a known one
    if not hmac.compare_digest(expected, _hash(passphrase, salt)):
        raise WrongPassphrase(
            f"Nothing is kept under the name {name!r} with this passphrase: check both."
        )
    return load(text)


def _check(name: str, passphrase: str) -> None:
    if not NAME.fullmatch(name):
        raise ValueError(
            f"The name {name[:30]!r} cannot be used: use 2 to 30 letters, digits, . or -."
        )
    if not 4 <= len(passphrase) <= 100:
        raise ValueError(
            f"The passphrase has {len(passphrase)} characters: choose one of 4 to 100."
        )


def _hash(passphrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(passphrase.encode("utf-8", "replace"), salt=salt, n=2**12, r=8, p=1)


def _row(connection: sqlite3.Connection, name: str) -> tuple[bytes, bytes, str] | None:
    query = "SELECT salt, word, progress FROM student WHERE name = ?"
    row: tuple[bytes, bytes, str] | None = connection.execute(query, (name,)).fetchone()
    return row


def _open(path: Path | None) -> Database:
    return Database(path or state_file("study.sqlite3", SCHEMA), SCHEMA)
