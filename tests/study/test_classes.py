"""Named classes: hand-ins are kept, replaced and deleted; two lecturers; an older file migrates."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.study.storage import classes as module
from core.study.storage.classes import Classes
from core.study.storage.rooms import SCHEMA, Rooms


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Rooms]:
    opened = Rooms(tmp_path / "rooms.sqlite3")
    yield opened
    opened.release()


@pytest.fixture
def classes(rooms: Rooms) -> Classes:
    return Classes(rooms)


def test_a_student_hands_in_sees_it_again_replaces_it_and_takes_it_out(classes, rooms) -> None:
    new, secret = classes.open_class("Deep  learning ")
    assert classes.find(new.code).name == "Deep learning"
    token = rooms.new_token()
    assert classes.mine(new.code, token) is None
    classes.hand_in(new.code, token, "Ada", "one")
    classes.hand_in(new.code, token, "Ada L.", "two")
    assert [(h.name, h.results) for h in classes.hand_ins(new.code, secret)] == [("Ada L.", "two")]
    classes.switch_tests(new.code, secret, True)
    classes.take_test(new.code, token, "rnn", 0, 1, 3)
    classes.withdraw(new.code, token)
    assert classes.mine(new.code, token) is None
    assert classes.my_tests(new.code, token) == []
    assert classes.hand_ins(new.code, secret) == classes.tests(new.code, secret) == []


def test_a_name_belongs_to_the_browser_that_used_it_first(classes, rooms) -> None:
    new, secret = classes.open_class("DL")
    classes.hand_in(new.code, rooms.new_token(), "Ada", "hers")
    with pytest.raises(ValueError, match="Somebody else has handed in as 'ada'"):
        classes.hand_in(new.code, rooms.new_token(), "ada", "not hers")
    assert [h.results for h in classes.hand_ins(new.code, secret)] == ["hers"]


def test_the_file_does_not_say_whose_a_test_or_an_answer_to_a_poll_is(classes, rooms) -> None:
    new, secret = classes.open_class("DL")
    classes.switch_tests(new.code, secret, True)
    room, _ = rooms.open_room("1a")
    token = rooms.new_token()
    classes.hand_in(new.code, token, "Ada", "")
    classes.take_test(new.code, token, "rnn", 0, 1, 3)
    rooms.answer(room.code, token, "one")
    with rooms.database.reading() as database:
        keys = [
            database.execute(f"SELECT token FROM {table}").fetchone()[0]
            for table in ("hand_in", "test", "answer")
        ]
    assert len(set(keys)) == 3


def test_only_the_secret_shows_and_changes_a_class(classes, rooms) -> None:
    new, secret = classes.open_class("DL")
    other, _ = classes.open_class("Other")
    classes.hand_in(new.code, rooms.new_token(), "Ada", "one")
    for guess in ("", new.code, secret[:-1], "guess"):
        for act in (
            lambda guess=guess: classes.hand_ins(new.code, guess),
            lambda guess=guess: classes.tests(new.code, guess),
            lambda guess=guess: classes.switch_tests(new.code, guess, True),
            lambda guess=guess: classes.remove(new.code, guess, "Ada"),
            lambda guess=guess: classes.delete(new.code, guess),
        ):
            with pytest.raises(ValueError, match="Only those with the lecturer's link"):
                act()
    with pytest.raises(ValueError, match="Only those"):
        classes.hand_ins(other.code, secret)
    assert len(classes.hand_ins(new.code, secret)) == 1


def test_two_lecturers_work_on_one_class(classes, rooms) -> None:
    new, secret = classes.open_class("DL")
    second_rooms = Rooms(rooms.path)  # another process
    second = Classes(second_rooms)
    classes.hand_in(new.code, rooms.new_token(), "Ada", "one")
    second.hand_in(new.code, rooms.new_token(), "Ben", "two")
    assert classes.hand_ins(new.code, secret) == second.hand_ins(new.code, secret)
    second.switch_tests(new.code, secret, True)
    assert classes.find(new.code).tests
    second.remove(new.code, secret, "Ada")
    classes.remove(new.code, secret, "Ada")  # the other was faster: nothing left to do
    second.delete(new.code, secret)
    with pytest.raises(ValueError, match="There is no class"):
        classes.hand_ins(new.code, secret)
    with pytest.raises(ValueError, match="There is no class"):
        classes.hand_in(new.code, rooms.new_token(), "Cleo", "late")
    second_rooms.release()


def test_three_hundred_students_hand_in_at_once_and_none_is_lost(classes, rooms) -> None:
    new, secret = classes.open_class("DL")
    classes.switch_tests(new.code, secret, True)
    start, errors = threading.Barrier(300), []

    def student(number: int) -> None:
        token = rooms.new_token()
        start.wait()
        try:
            classes.hand_in(new.code, token, f"Student {number}", str(number))
            classes.take_test(new.code, token, "rnn", 0, number % 4, 3 + number % 2)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=student, args=(number,)) for number in range(300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    found = {h.name: h.results for h in classes.hand_ins(new.code, secret)}
    assert found == {f"Student {number}": str(number) for number in range(300)}
    assert {t.student for t in classes.tests(new.code, secret)} == set(range(1, 301))


def test_a_test_is_taken_once_and_only_while_tests_are_on(classes, rooms) -> None:
    new, secret = classes.open_class("DL")
    token = rooms.new_token()
    assert not new.tests
    with pytest.raises(ValueError, match="switched off"):
        classes.take_test(new.code, token, "rnn", 0, 1, 3)
    classes.switch_tests(new.code, secret, True)
    classes.take_test(new.code, token, "rnn", 0, 1, 3)
    with pytest.raises(ValueError, match="already"):
        classes.take_test(new.code, token, "rnn", 0, 3, 3)
    for wrong in (("../x", 0, 1, 3), ("rnn", 3, 1, 3), ("rnn", 1, 4, 3)):
        with pytest.raises(ValueError, match="no such test"):
            classes.take_test(new.code, token, *wrong)
    assert [t.correct for t in classes.my_tests(new.code, token)] == [1]


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\0b", "\ud800"])
def test_an_unusable_name_is_refused(classes, rooms, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be used"):
        classes.open_class(name)
    new, _ = classes.open_class("DL")
    with pytest.raises(ValueError, match="cannot be used"):
        classes.hand_in(new.code, rooms.new_token(), name, "")


def test_forged_keys_and_unknown_classes_are_refused(classes, rooms) -> None:
    new, _ = classes.open_class("DL")
    for token in ("", "x", f"{'a' * 22}.{'b' * 22}"):
        with pytest.raises(ValueError, match="no key"):
            classes.hand_in(new.code, token, "Ada", "")
    for code in ("", "../..", "AAAAA", "x" * 1000):
        with pytest.raises(ValueError, match="There is no class"):
            classes.find(code)


def test_quotas_are_sentences(classes, rooms, monkeypatch) -> None:
    new, _ = classes.open_class("DL")
    with pytest.raises(ValueError, match="32,001 bytes"):
        classes.hand_in(new.code, rooms.new_token(), "Ada", "x" * 32_001)
    monkeypatch.setattr(module, "MAX_STUDENTS", 1)
    token = rooms.new_token()
    classes.hand_in(new.code, token, "Ada", "")
    classes.hand_in(new.code, token, "Ada", "again")  # her own place
    with pytest.raises(ValueError, match="1 hand-ins already"):
        classes.hand_in(new.code, rooms.new_token(), "Ben", "")
    monkeypatch.setattr(module, "MAX_CLASSES", 1)
    with pytest.raises(ValueError, match="1 classes already"):
        classes.open_class("Another")


def test_a_class_is_deleted_when_its_time_is_over(classes, rooms, monkeypatch) -> None:
    new, secret = classes.open_class("DL")
    classes.hand_in(new.code, rooms.new_token(), "Ada", "")
    monkeypatch.setattr(module.time, "time", lambda: new.deleted_at + 1)
    with pytest.raises(ValueError, match="There is no class"):
        classes.hand_ins(new.code, secret)
    classes.open_class("Next term")
    with rooms.database.reading() as database:
        assert database.execute("SELECT COUNT(*) FROM hand_in").fetchone() == (0,)


def test_a_file_of_the_second_version_gets_classes_and_keeps_its_rooms(tmp_path: Path) -> None:
    path = tmp_path / "rooms.sqlite3"
    old = sqlite3.connect(path, isolation_level=None)
    for step in SCHEMA.steps[:2]:
        old.executescript(step)
    old.execute("INSERT INTO room VALUES ('ABCDE', x'00', '1a', 4e9, 0)")
    old.execute("INSERT INTO answer VALUES ('ABCDE', x'01', 'one')")
    (key,) = old.execute("SELECT key FROM signing").fetchone()
    old.close()
    rooms = Rooms(path)
    assert rooms.counts("ABCDE") == {"one": 1}
    new, secret = Classes(rooms).open_class("DL")
    Classes(rooms).hand_in(new.code, rooms.new_token(), "Ada", "one")
    assert [h.name for h in Classes(rooms).hand_ins(new.code, secret)] == ["Ada"]
    with rooms.database.reading() as database:
        assert database.execute("PRAGMA user_version").fetchone() == (3,)
        assert database.execute("SELECT key FROM signing").fetchone() == (key,)
    rooms.release()
