"""The results of named classes: hand-ins and short tests, in the file of the rooms.

A class belongs to the holders of its secret, which only the lecturer's link contains; two lecturers
may use one link. A student hands in under a name of their own with the signed token of a browser,
and can see, replace and delete everything that was stored with it. Only hashes of the token are
kept, another one for hand-ins, tests and polls, so that the file does not say whose a test is.
"""

from __future__ import annotations

import hmac
import re
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.study.storage.rooms import CODE, Rooms, hashed, new_code

DAYS_KEPT = 180
MAX_CLASSES = 200
MAX_STUDENTS = 1000  # in one class
MAX_HAND_INS = 5000  # in the file
MAX_TESTS = 300_000  # in the file
MAX_NAME = 60  # characters
MAX_RESULTS = 32_000  # bytes of one hand-in
LESSON = re.compile(r"[a-z]{1,20}")


@dataclass(frozen=True)
class NamedClass:
    """tests: whether the lecturer has switched on the short tests; deleted_at: seconds since
    1970."""

    code: str
    name: str
    deleted_at: float
    tests: bool


@dataclass(frozen=True)
class HandIn:
    """results: the text that was handed in; at: seconds since 1970."""

    name: str
    results: str
    at: float


@dataclass(frozen=True)
class ShortTest:
    """One short test. student: a number in the class, in no order that a name could be guessed
    from; moment: 0 before, 1 after, 2 a week later."""

    student: int
    lesson: str
    moment: int
    correct: int
    items: int
    at: float


class Classes:
    """The classes in the file of `rooms`. Raises ValueError for wrong input, OSError if the file
    fails; each is one sentence."""

    def __init__(self, rooms: Rooms):
        self._rooms = rooms
        self._database = rooms.database

    def open_class(self, name: str) -> tuple[NamedClass, str]:
        """A new class, and the secret that shows its results. It is deleted after DAYS_KEPT."""
        name, now, secret = _name(name, "class"), time.time(), secrets.token_urlsafe(16)
        with self._database.writing() as database:
            _delete_old(database, now)
            if database.execute("SELECT COUNT(*) FROM class").fetchone()[0] >= MAX_CLASSES:
                raise ValueError(
                    f"This server has {MAX_CLASSES} classes already: delete one that is over."
                )
            code = new_code(lambda code: _find(database, code) is None)
            new = NamedClass(code, name, now + DAYS_KEPT * 24 * 3600, False)
            database.execute(
                "INSERT INTO class VALUES (?, ?, ?, ?, 0)",
                (code, hashed(secret), name, new.deleted_at),
            )
        return new, secret

    def find(self, code: str) -> NamedClass:
        """The class of that code. Raises ValueError when there is none."""
        with self._database.reading() as database:
            return _existing(database, code)

    def owns(self, code: str, secret: str) -> bool:
        """Whether `secret` is the class's own."""
        with self._database.reading() as database:
            return _owns(database, code, secret)

    # --- what a student does ---

    def hand_in(self, code: str, token: str, name: str, results: str) -> None:
        """Store the results of this token; a later hand-in replaces an earlier one."""
        self._check_token(token)
        name, size = _name(name, "name"), len(results.encode("utf-8", "replace"))
        if size > MAX_RESULTS:
            raise ValueError(
                f"The results have {size:,} bytes and a class stores {MAX_RESULTS:,} of each "
                "student: shorten your objections."
            )
        with self._database.writing() as database:
            _existing(database, code)
            if _mine(database, code, token) is None:
                _check_room(database, code)
            try:
                database.execute(
                    "INSERT INTO hand_in VALUES (?, ?, ?, ?, ?) ON CONFLICT (code, token) DO "
                    "UPDATE SET name = excluded.name, results = excluded.results, at = excluded.at",
                    (code, _hand_in_key(token), name, results, time.time()),
                )
            except sqlite3.IntegrityError:
                raise ValueError(
                    f"Somebody else has handed in as {name!r}: choose another name, or enter the "
                    "key of the browser in which you handed in."
                ) from None

    def mine(self, code: str, token: str) -> HandIn | None:
        """What was handed in with this token."""
        with self._database.reading() as database:
            return _mine(database, code, token)

    def take_test(
        self, code: str, token: str, lesson: str, moment: int, correct: int, items: int
    ) -> None:
        """Store the result of a short test, `correct` of `items`; each can be taken once."""
        self._check_token(token)
        if not (LESSON.fullmatch(lesson) and 0 <= moment <= 2 and 0 <= correct <= items <= 20):
            raise ValueError(f"There is no such test of {lesson[:20]!r}: open it from the class.")
        with self._database.writing() as database:
            if not _existing(database, code).tests:
                raise ValueError("The short tests of this class are switched off: ask why.")
            if database.execute("SELECT COUNT(*) FROM test").fetchone()[0] >= MAX_TESTS:
                raise ValueError(f"This server holds {MAX_TESTS:,} tests and no room for another.")
            try:
                database.execute(
                    "INSERT INTO test VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (code, _test_key(token), lesson, moment, correct, items, time.time()),
                )
            except sqlite3.IntegrityError:
                raise ValueError("You have taken this test already: each counts once.") from None

    def my_tests(self, code: str, token: str) -> list[ShortTest]:
        """The tests taken with this token, each with student 0."""
        query = (
            "SELECT 0, lesson, moment, correct, items, at FROM test WHERE code = ? AND token = ?"
        )
        with self._database.reading() as database:
            rows = database.execute(query, (code, _test_key(token))).fetchall()
        return [ShortTest(*row) for row in rows]

    def withdraw(self, code: str, token: str) -> None:
        """Delete all that was stored in this class with this token, tests included."""
        with self._database.writing() as database:
            hand_in, test = (code, _hand_in_key(token)), (code, _test_key(token))
            database.execute("DELETE FROM hand_in WHERE code = ? AND token = ?", hand_in)
            database.execute("DELETE FROM test WHERE code = ? AND token = ?", test)

    # --- what a lecturer does ---

    def hand_ins(self, code: str, secret: str) -> list[HandIn]:
        """All that was handed in, by name."""
        query = "SELECT name, results, at FROM hand_in WHERE code = ? ORDER BY name"
        with self._database.reading() as database:
            _require(database, code, secret)
            rows = database.execute(query, (code,)).fetchall()
        return [HandIn(*row) for row in rows]

    def tests(self, code: str, secret: str) -> list[ShortTest]:
        """All short tests of the class, without names."""
        query = (
            "SELECT DENSE_RANK() OVER (ORDER BY token), lesson, moment, correct, items, at "
            "FROM test WHERE code = ? ORDER BY token, lesson, moment"
        )
        with self._database.reading() as database:
            _require(database, code, secret)
            rows = database.execute(query, (code,)).fetchall()
        return [ShortTest(*row) for row in rows]

    def switch_tests(self, code: str, secret: str, on: bool) -> None:
        """Offer the short tests to the students of this class, or stop doing so."""
        with self._owned(code, secret) as database:
            database.execute("UPDATE class SET tests = ? WHERE code = ?", (int(on), code))

    def remove(self, code: str, secret: str, name: str) -> None:
        """Delete the hand-in under that name."""
        with self._owned(code, secret) as database:
            database.execute("DELETE FROM hand_in WHERE code = ? AND name = ?", (code, name))

    def delete(self, code: str, secret: str) -> None:
        """Delete the class with all hand-ins and tests."""
        with self._owned(code, secret) as database:
            database.execute("DELETE FROM class WHERE code = ?", (code,))
            _delete_old(database, time.time())

    @contextmanager
    def _owned(self, code: str, secret: str) -> Iterator[sqlite3.Connection]:
        with self._database.writing() as database:
            _require(database, code, secret)
            yield database

    def _check_token(self, token: str) -> None:
        if not self._rooms.accepts(token):
            raise ValueError("This browser has no key: allow the page to keep one and reload it.")


def _name(text: str, what: str) -> str:
    """The text without outer and double spaces. Raises ValueError if it is no name."""
    name = " ".join(text.split())
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        raise ValueError(f"The {what} {name[:20]!r} cannot be used: write 1 to {MAX_NAME} letters.")
    return name


def _existing(database: sqlite3.Connection, code: str) -> NamedClass:
    row = _find(database, code) if CODE.fullmatch(code) else None
    if row is None or row.deleted_at < time.time():
        raise ValueError(
            f"There is no class {code[:10]!r}: check the code, or ask whether it was deleted."
        )
    return row


def _find(database: sqlite3.Connection, code: str) -> NamedClass | None:
    query = "SELECT code, name, deleted_at, tests FROM class WHERE code = ?"
    row = database.execute(query, (code,)).fetchone()
    return NamedClass(row[0], row[1], row[2], bool(row[3])) if row else None


def _owns(database: sqlite3.Connection, code: str, secret: str) -> bool:
    row = database.execute("SELECT secret FROM class WHERE code = ?", (code,)).fetchone()
    return row is not None and hmac.compare_digest(row[0], hashed(secret))


def _require(database: sqlite3.Connection, code: str, secret: str) -> None:
    _existing(database, code)
    if not _owns(database, code, secret):
        raise ValueError(f"Only those with the lecturer's link can see or change class {code}.")


def _check_room(database: sqlite3.Connection, code: str) -> None:
    """Errors: ValueError when the class or the file holds no further student."""
    for query, values, most in (
        ("SELECT COUNT(*) FROM hand_in WHERE code = ?", (code,), MAX_STUDENTS),
        ("SELECT COUNT(*) FROM hand_in", (), MAX_HAND_INS),
    ):
        if database.execute(query, values).fetchone()[0] >= most:
            raise ValueError(f"There are {most:,} hand-ins already: save a summary instead.")


def _mine(database: sqlite3.Connection, code: str, token: str) -> HandIn | None:
    query = "SELECT name, results, at FROM hand_in WHERE code = ? AND token = ?"
    row = database.execute(query, (code, _hand_in_key(token))).fetchone()
    return HandIn(*row) if row else None


def _hand_in_key(token: str) -> bytes:
    return hashed(f"hand-in {token}")


def _test_key(token: str) -> bytes:
    return hashed(f"test {token}")


def _delete_old(database: sqlite3.Connection, now: float) -> None:
    """Delete classes whose time is over, and what belongs to no class."""
    database.execute("DELETE FROM class WHERE deleted_at < ?", (now,))
    database.execute("DELETE FROM hand_in WHERE code NOT IN (SELECT code FROM class)")
    database.execute("DELETE FROM test WHERE code NOT IN (SELECT code FROM class)")
