"""Ask the room: polls that phones join with a short code, in one SQLite file.

The same file holds the results of named classes (core.study.storage.classes).

A room belongs to the holder of its secret, which only the lecturer's link contains. A phone has a
random token, signed by this server, and answers once. There are no names and no accounts; a room
closes by itself and is deleted a day later. An answer is one short transaction, so hundreds can
arrive at once.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import sqlite3
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.study.storage.database import Database, Schema, state_file

MINUTES_OPEN = 30
RETENTION_SECONDS = 24 * 3600
MAX_OPEN = 100  # rooms at once
MAX_ROOMS = 1000  # rooms in the file, closed ones included
MAX_ANSWERS = 1000  # in one room
MAX_TEXT = 500  # characters of an answer
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # no two that look alike
CODE = re.compile(rf"[{_LETTERS}]{{5}}")
TOKEN = re.compile(r"([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{22})")  # random, and its signature
SCHEMA = Schema(
    0x556E526D,  # "UnRm"
    (
        """
PRAGMA application_id = 0x556E526D;
PRAGMA user_version = 1;
CREATE TABLE IF NOT EXISTS room (
    code TEXT PRIMARY KEY, secret BLOB NOT NULL, question TEXT NOT NULL,
    closes REAL NOT NULL, revealed INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS answer (
    code TEXT NOT NULL, token BLOB NOT NULL, given TEXT NOT NULL, PRIMARY KEY (code, token));
""",
        """
PRAGMA user_version = 2;
CREATE TABLE signing (key BLOB NOT NULL);
INSERT INTO signing VALUES (randomblob(32));
""",
        """
PRAGMA user_version = 3;
CREATE TABLE class (
    code TEXT PRIMARY KEY, secret BLOB NOT NULL, name TEXT NOT NULL,
    deleted_at REAL NOT NULL, tests INTEGER NOT NULL DEFAULT 0);
CREATE TABLE hand_in (
    code TEXT NOT NULL, token BLOB NOT NULL, name TEXT NOT NULL COLLATE NOCASE,
    results TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (code, token), UNIQUE (code, name));
CREATE TABLE test (
    code TEXT NOT NULL, token BLOB NOT NULL, lesson TEXT NOT NULL, moment INTEGER NOT NULL,
    correct INTEGER NOT NULL, items INTEGER NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (code, token, lesson, moment));
""",
    ),
)


@dataclass(frozen=True)
class Room:
    """A poll on the prediction of one question."""

    code: str
    question: str
    closes: float  # seconds since 1970
    revealed: bool

    def is_open(self, now: float) -> bool:
        return now < self.closes


class Rooms:
    """The rooms in one file. Raises ValueError for wrong input, OSError if the file fails."""

    def __init__(self, path: Path | None = None):
        self.path = path or state_file("rooms.sqlite3", SCHEMA)
        # One lasting connection: closing the last one writes the whole log back.
        self.database = Database(self.path, SCHEMA)
        with self.database.reading() as database:
            self._key: bytes = database.execute("SELECT key FROM signing").fetchone()[0]

    def release(self) -> None:
        """Release the file; the rooms stay in it."""
        self.database.close()

    def open_room(self, question: str, minutes: float = MINUTES_OPEN) -> tuple[Room, str]:
        """A new room for that question, and the secret that reveals and closes it.

        Raises ValueError when MAX_OPEN rooms are open.
        """
        now, secret = time.time(), secrets.token_urlsafe(16)
        with self.database.writing() as database:
            _delete_old(database, now)
            count = "SELECT COUNT(*) FROM room WHERE closes > ?"
            if database.execute(count, (now,)).fetchone()[0] >= MAX_OPEN:
                raise ValueError(
                    f"{MAX_OPEN} rooms are open already: close one, or wait until one closes by "
                    f"itself after {MINUTES_OPEN} minutes."
                )
            code = new_code(lambda code: _find(database, code) is None)
            closes = now + 60 * minutes
            database.execute(
                "INSERT INTO room VALUES (?, ?, ?, ?, 0)", (code, hashed(secret), question, closes)
            )
        return Room(code, question, closes, False), secret

    def room(self, code: str) -> Room:
        """The room of that code. Raises ValueError when there is none."""
        if CODE.fullmatch(code):
            with self.database.reading() as database:
                room = _find(database, code)
            if room is not None:
                return room
        raise ValueError(f"There is no room {code[:10]!r}: check the five letters on the screen.")

    def new_token(self) -> str:
        """A new token for a phone; only the rooms in this file accept it."""
        name = secrets.token_urlsafe(16)
        return f"{name}.{self._sign(name)}"

    def accepts(self, token: str) -> bool:
        """Whether this server has signed `token`."""
        parts = TOKEN.fullmatch(token)
        return parts is not None and hmac.compare_digest(parts[2], self._sign(parts[1]))

    def signature(self, text: str) -> str:
        """64 hexadecimal digits that only a server with this file can compute for `text`."""
        return hmac.digest(self._key, b"summary\0" + text.encode(), "sha256").hex()

    def _sign(self, name: str) -> str:
        digest = hmac.digest(self._key, name.encode(), "sha256")[:16]
        return urlsafe_b64encode(digest).decode().rstrip("=")

    def answer(self, code: str, token: str, text: str) -> None:
        """Count one answer of the phone `token`.

        Raises ValueError if the token is not ours, the room is closed or full, or this phone has
        answered already.
        """
        if not self.accepts(token):
            raise ValueError("This phone has no token: allow the page to keep one and reload it.")
        if not text.strip() or len(text) > MAX_TEXT:
            raise ValueError(f"The answer has {len(text)} characters: send 1 to {MAX_TEXT}.")
        self.room(code)
        with self.database.writing() as database:
            room = _find(database, code)
            if room is None or not room.is_open(time.time()) or room.revealed:
                raise ValueError(f"The room {code} is closed: no more answers are counted.")
            count = "SELECT COUNT(*) FROM answer WHERE code = ?"
            if database.execute(count, (code,)).fetchone()[0] >= MAX_ANSWERS:
                raise ValueError(f"The room {code} is full: it holds {MAX_ANSWERS:,} answers.")
            try:
                database.execute("INSERT INTO answer VALUES (?, ?, ?)", (code, hashed(token), text))
            except sqlite3.IntegrityError:
                raise ValueError("This phone has answered already: one answer each.") from None

    def answer_of(self, code: str, token: str) -> str | None:
        """The answer of that phone as it is counted; None until it has answered."""
        query = "SELECT given FROM answer WHERE code = ? AND token = ?"
        with self.database.reading() as database:
            row = database.execute(query, (code, hashed(token))).fetchone()
        return row[0] if row else None

    def counts(self, code: str) -> dict[str, int]:
        """How often each answer was given, most frequent first."""
        query = (
            "SELECT given, COUNT(*) FROM answer WHERE code = ? GROUP BY given "
            "ORDER BY COUNT(*) DESC, given"
        )
        with self.database.reading() as database:
            return dict(database.execute(query, (code,)).fetchall())

    def reveal(self, code: str, secret: str) -> None:
        """Show the result to the phones too; no more answers are counted."""
        self._change(code, secret, "UPDATE room SET revealed = 1 WHERE code = ?")

    def close(self, code: str, secret: str) -> None:
        """Stop counting answers."""
        self._change(code, secret, "UPDATE room SET closes = ? WHERE code = ?", time.time())

    def owns(self, code: str, secret: str) -> bool:
        """Whether `secret` is the room's own."""
        with self.database.reading() as database:
            row = database.execute("SELECT secret FROM room WHERE code = ?", (code,)).fetchone()
        return row is not None and hmac.compare_digest(row[0], hashed(secret))

    def _change(self, code: str, secret: str, update: str, *values: float) -> None:
        if not self.owns(code, secret):
            raise ValueError(f"Only the one who opened the room {code[:10]!r} can change it.")
        with self.database.writing() as database:
            database.execute(update, (*values, code))


def _delete_old(database: sqlite3.Connection, now: float) -> None:
    """Delete rooms that closed a day ago, and beyond MAX_ROOMS those that closed first."""
    database.execute("DELETE FROM room WHERE closes < ?", (now - RETENTION_SECONDS,))
    database.execute(
        "DELETE FROM room WHERE closes <= ? AND code NOT IN "
        "(SELECT code FROM room ORDER BY closes DESC LIMIT ?)",
        (now, MAX_ROOMS - 1),
    )
    database.execute("DELETE FROM answer WHERE code NOT IN (SELECT code FROM room)")


def _find(database: sqlite3.Connection, code: str) -> Room | None:
    query = "SELECT code, question, closes, revealed FROM room WHERE code = ?"
    row = database.execute(query, (code,)).fetchone()
    return Room(row[0], row[1], row[2], bool(row[3])) if row else None


def new_code(free: Callable[[str], bool]) -> str:
    """A random code of five letters that is `free`."""
    while True:
        code = "".join(secrets.choice(_LETTERS) for _ in range(5))
        if free(code):
            return code


def hashed(secret: str) -> bytes:
    """A hash without salt, which long random secrets do not need."""
    return hashlib.sha256(secret.encode()).digest()
