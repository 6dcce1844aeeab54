"""A class as students and its lecturers see it: join, hand in, the table, tests, files."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.study.gain.short_test import short_test
from core.study.question import shipped
from core.study.storage.classes import Classes, ShortTest
from core.study.storage.rooms import Rooms
from dashboard.study import room as study_room
from dashboard.study.classes import student as class_student
from dashboard.study.classes.short_tests import WEEK, next_moment
from tests.conftest import ROOT
from tests.dashboard.test_room_page import text_of


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("UNROLLED_STATE", str(tmp_path / "state"))
    study_room.rooms.clear()


@pytest.fixture
def rooms() -> Iterator[Rooms]:
    opened: Rooms = study_room.rooms()
    yield opened
    opened.release()


@pytest.fixture
def token(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> str:
    """The key that the browser of the student keeps."""
    made = rooms.new_token()
    monkeypatch.setattr(class_student, "phone_token", lambda rooms: made)
    return made


def page(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "pages" / "study.py"), default_timeout=120)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def button(app: AppTest, label: str):
    return next(b for b in app.button if b.label == label)


def field(app: AppTest, label: str):
    return next(f for f in app.text_input if f.label == label)


def linked(app: AppTest, name: str) -> str:
    """The value in the address, which the test gets as a text or as a list of one."""
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


def labels(app: AppTest) -> list[str]:
    return [b.label for b in app.button]


def test_a_lecturer_opens_a_class_and_sees_who_handed_in(rooms: Rooms, token: str) -> None:
    lecturer = page()
    field(lecturer, "Name of the class").set_value("DL *2026*").run()
    button(lecturer, "Open a class").click().run()
    assert not lecturer.exception
    assert lecturer.title[0].value == r"Class DL \*2026\*"
    code, secret = linked(lecturer, "class"), linked(lecturer, "host")
    assert Classes(rooms).owns(code, secret)

    student = page(q="1a", **{"class": code})
    assert "you have not handed in yet" in text_of(student)
    student.radio[0].set_value(shipped()["1a"].predict.options[0].text).run()
    button(student, "Keep my prediction").click().run()
    field(student, "Your expression").set_value("nonsense").run()
    button(student, "Check my answer").click().run()
    field(student, "Your name or pseudonym").set_value("Ada").run()
    button(student, "Hand in").click().run()
    assert not student.exception
    assert "you handed in as Ada" in text_of(student)

    lecturer.run()
    assert "1 student has handed in" in text_of(lecturer)
    table = lecturer.dataframe[0].value
    assert list(table["Student"]) == ["Ada"]
    assert list(table["Tries"]) == [1]
    assert list(table["1a"]) == [0.0]
    assert not lecturer.exception


def test_a_student_deletes_what_is_theirs(rooms: Rooms, token: str) -> None:
    classes = Classes(rooms)
    new, secret = classes.open_class("DL")
    classes.hand_in(new.code, token, "Ada", "[]")
    student = page(**{"class": new.code})
    button(student, "Delete what is mine").click().run()
    assert not student.exception
    assert "you have not handed in yet" in text_of(student)
    assert classes.hand_ins(new.code, secret) == []


def test_a_name_that_is_taken_is_one_sentence(rooms: Rooms, token: str) -> None:
    classes = Classes(rooms)
    new, _ = classes.open_class("DL")
    classes.hand_in(new.code, rooms.new_token(), "Ada", "[]")
    student = page(**{"class": new.code})
    field(student, "Your name or pseudonym").set_value("Ada").run()
    button(student, "Hand in").click().run()
    assert not student.exception
    assert "Somebody else has handed in" in student.error[0].value


def test_a_key_of_another_browser_opens_what_was_handed_in_there(rooms: Rooms, token: str) -> None:
    classes = Classes(rooms)
    new, _ = classes.open_class("DL")
    other = rooms.new_token()
    classes.hand_in(new.code, other, "Ada", "[]")
    student = page(**{"class": new.code})
    field(student, "Key of your other browser").set_value("forged").run()
    assert "you have not handed in yet" in text_of(student)
    field(student, "Key of your other browser").set_value(other).run()
    assert "you handed in as Ada" in text_of(student)


def test_a_student_joins_by_code_and_an_unknown_one_is_one_sentence(
    rooms: Rooms, token: str
) -> None:
    new, _ = Classes(rooms).open_class("DL")
    student = page()
    field(student, "Code of the class").set_value("AAAAA").run()
    button(student, "Join").click().run()
    assert "There is no class" in student.error[0].value
    field(student, "Code of the class").set_value(new.code.lower()).run()
    button(student, "Join").click().run()
    assert "you have not handed in yet" in text_of(student)
    assert linked(student, "class") == new.code
    wrong = page(**{"class": "../.."})
    assert not wrong.exception
    assert "There is no class" in wrong.error[0].value
    assert wrong.header, "the questions are there all the same"


def test_without_the_secret_nobody_sees_the_table(rooms: Rooms, token: str) -> None:
    classes = Classes(rooms)
    new, secret = classes.open_class("DL")
    classes.hand_in(new.code, rooms.new_token(), "Grace", "[]")
    for guess in ("guess", secret[:-1], "", new.code):
        app = page(**{"class": new.code, "host": guess})
        assert not app.exception
        assert "Grace" not in text_of(app)
        assert "Delete everything now" not in labels(app)


def test_tests_are_off_until_the_lecturer_switches_them_on(rooms: Rooms, token: str) -> None:
    classes = Classes(rooms)
    new, secret = classes.open_class("DL")
    student = page(test="rnn", **{"class": new.code})
    assert "switched off" in text_of(student)
    lecturer = page(host=secret, **{"class": new.code})
    lecturer.toggle[0].set_value(True).run()
    assert classes.find(new.code).tests

    student = page(test="rnn", **{"class": new.code})
    tasks = short_test("rnn", token, 0)
    fields = [f for f in student.text_input if (f.key or "").startswith("test-rnn-0")]
    assert len(fields) == len(tasks)
    for entry, task in zip(fields[:2], tasks, strict=False):
        entry.set_value(repr(task.answer))
    button(student, "Send").click().run()
    assert not student.exception
    assert "2 of 3 right in the test before" in text_of(student)
    assert "The test after" in text_of(student)
    (stored,) = classes.tests(new.code, secret)
    assert (stored.lesson, stored.moment, stored.correct, stored.items) == ("rnn", 0, 2, 3)


def test_the_lecturer_sees_the_gain_and_a_csv_without_names(rooms: Rooms, token: str) -> None:
    classes = Classes(rooms)
    new, secret = classes.open_class("DL")
    classes.switch_tests(new.code, secret, True)
    for number in range(6):
        key = rooms.new_token()
        classes.hand_in(new.code, key, f"Student {number}", "[]")
        classes.take_test(new.code, key, "rnn", 0, number % 2, 3)
        classes.take_test(new.code, key, "rnn", 1, 2, 3)
    app = page(host=secret, **{"class": new.code})
    assert not app.exception
    (chart,) = app.get("plotly_chart")
    assert "17% right before, 67% after, g = 0.60" in text_of(app)
    assert chart is not None


def test_the_test_a_week_later_is_due_a_week_after_the_second() -> None:
    before, after = (ShortTest(0, "rnn", moment, 1, 3, 100.0) for moment in (0, 1))
    assert next_moment("rnn", [], 0)[0] == 0
    assert next_moment("rnn", [before], 0)[0] == 1
    assert next_moment("rnn", [before, after], 100 + WEEK - 1)[0] is None
    assert next_moment("rnn", [before, after], 100 + WEEK)[0] == 2
    assert next_moment("gpt", [before, after], 100 + WEEK)[0] == 0
    later = ShortTest(0, "rnn", 2, 1, 3, 100 + WEEK)
    assert next_moment("rnn", [before, after, later], 10**9)[0] is None
