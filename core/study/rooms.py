"""Ask the room: a poll that phones join by a short code, in one SQLite file.

A room belongs to whoever holds its secret (it stands in the lecturer's link only). A phone is a
random token, and each token answers once. No names, no accounts; a room closes by itself and is
deleted a day later. WAL mode and one short transaction an answer: hundreds may answer at once.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.runs.directory import runs_folder

MINUTES_OPEN = 30
KEPT_SECONDS = 24 * 3600
MAX_ANSWERS = 2000
MAX_TEXT = 500
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # nothing that looks like something else
CODE = re.compile(rf"[{_LETTERS}]{{5}}")
TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS room (
    code TEXT PRIMARY KEY, secret BLOB NOT NULL, question TEXT NOT NULL,
    closes REAL NOT NULL, revealed INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS answer (
    code TEXT NOT NULL, token BLOB NOT NULL, given TEXT NOT NULL, PRIMARY KEY (code, token));
"""


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
    """The rooms in one file. Every mistake is a ValueError, one sentence."""

    def __init__(self, path: Path | None = None):
        self.path = path or runs_folder().parent / "rooms.sqlite3"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._turn = threading.Lock()
        # One connection for good: closing the last one would write the whole log back each time.
        self._database = sqlite3.connect(
            self.path, timeout=30, isolation_level=None, check_same_thread=False
        )
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.executescript(_SCHEMA)

    def shut(self) -> None:
        """Let go of the file; the rooms stay in it."""
        self._database.close()

    def open_room(self, question: str, minutes: float = MINUTES_OPEN) -> tuple[Room, str]:
        """A fresh room for that question, and the secret that reveals and closes it."""
        now, secret = time.time(), secrets.token_urlsafe(16)
        with self._writing() as database:
            old = "SELECT code FROM room WHERE closes < ?"
            database.execute(f"DELETE FROM answer WHERE code IN ({old})", (now - KEPT_SECONDS,))
            database.execute("DELETE FROM room WHERE closes < ?", (now - KEPT_SECONDS,))
            while True:
                code = "".join(secrets.choice(_LETTERS) for _ in range(5))
                if _find(database, code) is None:
                    break
            closes = now + 60 * minutes
            database.execute(
                "INSERT INTO room VALUES (?, ?, ?, ?, 0)", (code, _hash(secret), question, closes)
            )
        return Room(code, question, closes, False), secret

    def room(self, code: str) -> Room:
        """The room of that code. Raises ValueError when there is none."""
        if CODE.fullmatch(code):
            with self._reading() as database:
                found = _find(database, code)
            if found is not None:
                return found
        raise ValueError(f"There is no room {code[:10]!r}: check the five letters on the screen.")

    def answer(self, code: str, token: str, given: str) -> None:
        """Count one answer of the phone `token`.

        Raises ValueError when the room is closed, this phone has answered, or it is full.
        """
        if not TOKEN.fullmatch(token):
            raise ValueError("This phone has no token: allow the page to keep one and reload it.")
        if not given.strip() or len(given) > MAX_TEXT:
            raise ValueError(f"The answer has {len(given)} characters: send 1 to {MAX_TEXT}.")
        self.room(code)
        with self._writing() as database:
            room = _find(database, code)
            if room is None or not room.is_open(time.time()) or room.revealed:
                raise ValueError(f"The room {code} is closed: no more answers are counted.")
            count = "SELECT COUNT(*) FROM answer WHERE code = ?"
            if database.execute(count, (code,)).fetchone()[0] >= MAX_ANSWERS:
                raise ValueError(f"The room {code} is full: it holds {MAX_ANSWERS:,} answers.")
            try:
                database.execute("INSERT INTO answer VALUES (?, ?, ?)", (code, _hash(token), given))
            except sqlite3.IntegrityError:
                raise ValueError("This phone has answered already: one answer each.") from None

    def has_answered(self, code: str, token: str) -> bool:
        """Whether that phone's answer is counted."""
        return self.given(code, token) is not None

    def given(self, code: str, token: str) -> str | None:
        """The answer of that phone as it is counted; None as long as there is none."""
        query = "SELECT given FROM answer WHERE code = ? AND token = ?"
        with self._reading() as database:
            row = database.execute(query, (code, _hash(token))).fetchone()
        return row[0] if row else None

    def counts(self, code: str) -> dict[str, int]:
        """How often each answer was given, most frequent first."""
        query = (
            "SELECT given, COUNT(*) FROM answer WHERE code = ? GROUP BY given "
            "ORDER BY COUNT(*) DESC, given"
        )
        with self._reading() as database:
            return dict(database.execute(query, (code,)).fetchall())

    def reveal(self, code: str, secret: str) -> None:
        """Show the histogram to the phones too; answers are no longer counted."""
        self._change(code, secret, "UPDATE room SET revealed = 1 WHERE code = ?")

    def close(self, code: str, secret: str) -> None:
        """Count no more answers from now on."""
        self._change(code, secret, f"UPDATE room SET closes = {time.time()!r} WHERE code = ?")

    def owns(self, code: str, secret: str) -> bool:
        """Whether `secret` is that of the one who opened the room."""
        with self._reading() as database:
            row = database.execute("SELECT secret FROM room WHERE code = ?", (code,)).fetchone()
        return row is not None and hmac.compare_digest(row[0], _hash(secret))

    def _change(self, code: str, secret: str, update: str) -> None:
        if not self.owns(code, secret):
            raise ValueError(f"Only the one who opened the room {code[:10]!r} can change it.")
        with self._writing() as database:
            database.execute(update, (code,))

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._turn:
            yield self._database

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction; another server that writes is waited for, up to 30 seconds."""
        with self._turn:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")


def _find(database: sqlite3.Connection, code: str) -> Room | None:
    query = "SELECT code, question, closes, revealed FROM room WHERE code = ?"
    row = database.execute(query, (code,)).fetchone()
    return Room(row[0], row[1], row[2], bool(row[3])) if row else None


def _hash(secret: str) -> bytes:
    """Long random secrets need no salt."""
    return hashlib.sha256(secret.encode()).digest()
