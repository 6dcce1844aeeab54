"""A practice exam kept in the browser: after a reload it goes on, its clock too."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from core.study.exam import QUESTIONS, Item, draw_exam
from core.study.question import shipped
from core.study.record import Answer
from core.study.sitting import MAX_BYTES, Sitting, dump, load
from core.study.tasks import Rubric
from dashboard.components.browser_store import Stored
from tests.dashboard.test_progress_browser import browser as browser
from tests.dashboard.test_study_page import button, fill_in, open_question, text_of
from tests.study.essays import KNOWS

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SITTING = Sitting("7", NOW, {"1a": Answer("x", ("a", "b"))}, done=True)


def answer(app: AppTest, item: Item, seed: str) -> None:
    """Fill in the right answer to one item of the exam with that seed."""
    place = f"exam-{seed}-{item.question}"
    if isinstance(item.task, Rubric):
        app.text_area(place).set_value(KNOWS[item.question])
    else:
        fill_in(app, item.task, place, item.seed, right=True, field=place)


def test_a_sitting_is_read_as_it_was_written() -> None:
    assert load(dump(SITTING), NOW) == SITTING
    assert load(dump(SITTING), NOW - timedelta(days=1)).begun == NOW - timedelta(days=1)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{", "["),
        ('"exam"', '"progress"'),
        ('"version": 1', '"version": 2'),
        ('"seed": "7"', '"seed": "<b>"'),
        ('"seed": "7"', '"seed": 7'),
        (f'"begun": {NOW.timestamp()}', '"begun": NaN'),
        (f'"begun": {NOW.timestamp()}', '"begun": 1e300'),
        (f'"begun": {NOW.timestamp()}', '"begun": "now"'),
        ('"done": true', '"done": 1'),
        ('"1a"', '"../1a"'),
        ('"x"', f'"{"x" * 5001}"'),
        ('"x"', '"\\ud800"'),
        ('"x"', "null"),
        ('["a", "b"]', str(["a"] * 21).replace("'", '"')),
    ],
)
def test_a_damaged_sitting_gets_one_sentence(old: str, new: str) -> None:
    text = dump(SITTING).replace(old, new, 1)
    assert text != dump(SITTING)
    with pytest.raises(ValueError, match=r"cannot be read: begin a new one\.$"):
        load(text, NOW)


def test_a_sitting_is_bounded() -> None:
    for answers in (QUESTIONS + 1, QUESTIONS):
        many = {f"q{i}": Answer("x") for i in range(answers)}
        text = dump(Sitting("7", NOW, many))
        if answers == QUESTIONS:
            assert load(text, NOW).answers == many
            text += " " * MAX_BYTES
        with pytest.raises(ValueError, match="cannot be read"):
            load(text, NOW)
    longest = {f"q{i}": Answer("ü" * 5000) for i in range(QUESTIONS)}
    assert len(dump(Sitting("7", NOW, longest)).encode()) < MAX_BYTES


def test_a_reload_finds_every_answer_and_the_clock_goes_on(browser: SimpleNamespace) -> None:
    browser.told = Stored("m1", "", "")
    app = open_question("1a", exam="group-1")
    assert browser.text is None, "nothing has begun"
    button(app, "Begin").click().run()
    app.session_state["exam-begun-group-1"] -= timedelta(minutes=10)
    items = draw_exam(shipped(), "group-1")
    for item in items:
        answer(app, item, "group-1")
    app.run()
    assert browser.mark == "m1"
    kept = browser.text

    browser.told = Stored("m2", kept, "")
    again = open_question("1a", exam="group-1")
    assert "20 minutes left" in text_of(again)
    button(again, "Hand in").click().run()
    assert "10 of 10 points, 10 right" in text_of(again)

    browser.told = Stored("m3", browser.text, "")
    result = open_question("1a", exam="group-1")
    assert "10 of 10 points, 10 right" in text_of(result), "the result is found again, too"
    button(result, "Take it again").click().run()
    assert "30 minutes" in text_of(result)
    assert browser.text == "", "a reload now finds no old answers"


def test_an_exam_whose_time_ended_meanwhile_is_graded_with_what_was_answered(
    browser: SimpleNamespace,
) -> None:
    item = draw_exam(shipped(), "7")[0]
    app = open_question("1a", exam="7")
    button(app, "Begin").click().run()
    answer(app, item, "7")
    app.run()
    stored = load(browser.text, datetime.now(UTC)) if browser.text else None
    assert stored is not None
    late = Sitting("7", stored.begun - timedelta(days=2), stored.answers)
    browser.told = Stored("m1", dump(late), "")
    assert "1 of 10 points, 1 right" in text_of(open_question("1a", exam="7"))
    other = open_question("1a", exam="8")
    assert button(other, "Begin"), "another exam does not take its answers"


def test_what_cannot_be_read_or_stored_is_said(browser: SimpleNamespace) -> None:
    browser.told = Stored("m1", "{", "")
    app = open_question("1a", exam="7")
    assert "cannot be read" in app.error[0].value
    assert button(app, "Begin")
    browser.told = Stored("m2", "", "off")
    app = open_question("1a", exam="7")
    button(app, "Begin").click().run()
    assert "do not reload" in app.warning[0].value
