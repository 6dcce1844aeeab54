"""Rooms: one answer a phone, only the owner reveals, and a full lecture hall loses nothing."""

import multiprocessing
import secrets
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.study.storage.rooms import CODE, MAX_ANSWERS, MAX_OPEN, MAX_ROOMS, Rooms

CHOICES = ["one", "two", "three", "four"]


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Rooms]:
    opened = Rooms(tmp_path / "rooms.sqlite3")
    yield opened
    opened.release()


def test_a_room_has_a_short_code_and_counts_answers(rooms):
    room, _ = rooms.open_room("1a")
    assert CODE.fullmatch(room.code)
    assert rooms.room(room.code) == room
    for given in ("one", "two", "two"):
        rooms.answer(room.code, rooms.new_token(), given)
    assert rooms.counts(room.code) == {"two": 2, "one": 1}


def test_a_phone_answers_once(rooms):
    room, _ = rooms.open_room("1a")
    phone = rooms.new_token()
    assert rooms.answer_of(room.code, phone) is None
    rooms.answer(room.code, phone, "one")
    with pytest.raises(ValueError, match="answered already"):
        rooms.answer(room.code, phone, "two")
    assert rooms.answer_of(room.code, phone) is not None
    assert rooms.counts(room.code) == {"one": 1}


def test_only_the_owner_reveals_and_closes_a_room(rooms):
    room, secret = rooms.open_room("1a")
    for change in (rooms.reveal, rooms.close):
        for guess in ("", "guess", room.code, secret[:-1]):
            with pytest.raises(ValueError, match="Only the one who opened"):
                change(room.code, guess)
    rooms.reveal(room.code, secret)
    assert rooms.room(room.code).revealed
    with pytest.raises(ValueError, match="is closed"):
        rooms.answer(room.code, rooms.new_token(), "late")


def test_a_room_closes_by_itself_and_is_deleted_a_day_later(rooms, monkeypatch):
    import core.study.storage.rooms as module

    room, _ = rooms.open_room("1a", minutes=1)
    start = module.time.time()
    monkeypatch.setattr(module.time, "time", lambda: start + 120)
    with pytest.raises(ValueError, match="is closed"):
        rooms.answer(room.code, rooms.new_token(), "late")
    monkeypatch.setattr(module.time, "time", lambda: start + 2 * 24 * 3600)
    rooms.open_room("1b")
    with pytest.raises(ValueError, match="There is no room"):
        rooms.room(room.code)


def test_a_closed_room_takes_no_answer(rooms):
    room, secret = rooms.open_room("1a")
    rooms.close(room.code, secret)
    with pytest.raises(ValueError, match="is closed"):
        rooms.answer(room.code, rooms.new_token(), "late")


@pytest.mark.parametrize("code", ["", "abc", "../..", "'; DROP TABLE room; --", "A" * 1000])
def test_an_unknown_room_is_named_in_one_sentence(rooms, code):
    with pytest.raises(ValueError, match="There is no room"):
        rooms.room(code)
    with pytest.raises(ValueError, match="There is no room"):
        rooms.answer(code, rooms.new_token(), "one")


@pytest.mark.parametrize("given", ["", "  ", "x" * 501])
def test_an_empty_or_endless_answer_is_refused(rooms, given):
    room, _ = rooms.open_room("1a")
    with pytest.raises(ValueError, match="characters"):
        rooms.answer(room.code, rooms.new_token(), given)


def test_forged_tokens_are_refused(rooms, tmp_path):
    room, _ = rooms.open_room("1a")
    ours, other = rooms.new_token(), Rooms(tmp_path / "other.sqlite3")
    name, signature = ours.split(".")
    forged = [secrets.token_urlsafe(16) for _ in range(2000)]
    forged += [f"{secrets.token_urlsafe(16)}.{signature}" for _ in range(2000)]
    forged += [f"{name}.{secrets.token_urlsafe(16)}" for _ in range(2000)]
    forged += [
        f"{name}.",
        f".{signature}",
        f"{name}.{signature}x",
        f"{name}.{signature}.",
        f" {ours}",
    ]
    forged += ["", "a-token-of-a-phone", "é" * 22 + "." + signature, name, other.new_token()]
    other.release()
    for token in forged:
        with pytest.raises(ValueError, match="no token"):
            rooms.answer(room.code, token, "one")
    assert rooms.counts(room.code) == {}
    rooms.answer(room.code, ours, "one")


def test_another_server_on_the_same_file_and_a_later_one_accept_the_token(rooms):
    token = rooms.new_token()
    for _ in range(2):
        other = Rooms(rooms.path)
        assert other.accepts(token)
        other.release()


def test_a_full_room_takes_no_more_answers(rooms):
    room, _ = rooms.open_room("1a")
    for _ in range(MAX_ANSWERS):
        rooms.answer(room.code, rooms.new_token(), "one")
    for _ in range(1000):
        with pytest.raises(ValueError, match=r"is full: it holds 1,000 answers"):
            rooms.answer(room.code, rooms.new_token(), "two")
    assert rooms.counts(room.code) == {"one": MAX_ANSWERS}


def test_a_thousand_rooms_are_not_opened_at_once(rooms):
    opened = []
    for _ in range(1000):
        try:
            opened.append(rooms.open_room("1a"))
        except ValueError as error:
            sentence = str(error)
    assert len(opened) == MAX_OPEN
    assert sentence.startswith(f"{MAX_OPEN} rooms are open already: close one")
    rooms.close(opened[0][0].code, opened[0][1])
    rooms.open_room("1b")


def test_rooms_that_are_closed_at_once_do_not_fill_the_file(rooms):
    kept, secret = rooms.open_room("1a")
    rooms.answer(kept.code, rooms.new_token(), "one")
    for _ in range(MAX_ROOMS + 50):
        room, secret = rooms.open_room("1b")
        rooms.answer(room.code, rooms.new_token(), "two")
        rooms.close(room.code, secret)
    rooms.open_room("1c")
    with rooms.database.reading() as file:
        assert file.execute("SELECT COUNT(*) FROM room").fetchone()[0] == MAX_ROOMS
        assert file.execute("SELECT COUNT(*) FROM answer").fetchone()[0] == MAX_ROOMS - 1
    assert rooms.counts(kept.code) == {"one": 1}, "an open room stays"


def test_the_file_contains_no_token_and_no_secret(rooms):
    room, secret = rooms.open_room("1a")
    phone = rooms.new_token()
    rooms.answer(room.code, phone, "one")
    files = b"".join(p.read_bytes() for p in rooms.path.parent.iterdir())
    assert secret.encode() not in files
    assert phone.encode() not in files


def test_300_phones_at_once_lose_no_answer(rooms):
    room, _ = rooms.open_room("1a")
    given = [CHOICES[i % 4] for i in range(300)]
    start = threading.Barrier(300)
    errors: list[Exception] = []

    def phone(choice: str) -> None:
        start.wait()
        try:
            rooms.answer(room.code, rooms.new_token(), choice)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=phone, args=(choice,)) for choice in given]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads)
    assert errors == []
    assert rooms.counts(room.code) == Counter(given)


def _answer_many(path: Path, code: str, choice: str, how_many: int) -> None:
    rooms = Rooms(path)
    for _ in range(how_many):
        rooms.answer(code, rooms.new_token(), choice)
    rooms.release()


def test_several_servers_share_a_room(rooms):
    room, _ = rooms.open_room("1a")
    spawn = multiprocessing.get_context("spawn")
    workers = [
        spawn.Process(target=_answer_many, args=(rooms.path, room.code, choice, 50))
        for choice in CHOICES
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(240)
        assert worker.exitcode == 0
    assert rooms.counts(room.code) == dict.fromkeys(sorted(CHOICES), 50)
