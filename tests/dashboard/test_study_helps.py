"""The study page beside the checks: faults that run, hints, confidence, objections, exams."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.study.exam import draw_exam
from core.study.progress import StudyProgress, attempt, predict as predicted
from core.study.tasks import Number, Rubric
from tests.dashboard.study_page import (
    QUESTIONS,
    RIGHT,
    button,
    fill_in,
    open_list,
    open_question,
    text_of,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("UNROLLED_STATE", str(tmp_path / "state"))


def predicted_and_open(name: str) -> AppTest:
    app = open_question(name)
    fill_in(app, QUESTIONS[name].predict, f"{name}-1-predict", "", right=True)
    return button(app, "Keep my prediction").click().run()


def test_a_fault_runs_beside_its_repair_once_it_is_found() -> None:
    task, place = QUESTIONS["5a"].checks[0], "5a-1-check-0"
    app = predicted_and_open("5a")
    assert "Repaired" not in text_of(app)
    app.radio(f"{place}-given-line").set_value(task.wrong)
    app.button(f"{place}-send").click().run()
    assert "There is no answer yet" in text_of(app), "a line alone is no answer"
    fill_in(app, task, place, "", right=True)
    app.button(f"{place}-send").click().run()
    shown = text_of(app)
    assert "The largest weight: **0.997**" in shown
    assert "The largest weight: **0.518**" in shown
    assert task.repair.strip() in shown


def test_a_fault_that_was_not_found_is_shown_after_two_tries() -> None:
    task, place = QUESTIONS["5a"].checks[0], "5a-1-check-0"
    app = predicted_and_open("5a")
    for _ in range(2):
        fill_in(app, task, place, "", right=False)
        app.button(f"{place}-send").click().run()
    assert "The right answer: line 5" in text_of(app).replace("\\", "")
    assert "Repaired" in text_of(app)


def test_a_hint_says_what_it_costs_before_it_is_opened() -> None:
    app = predicted_and_open("1a")
    for number, worth in enumerate(("80%", "60%", "40%"), 1):
        hint = app.button("1a-1-hint")
        assert hint.label.startswith(f"Hint {number} of 3: the question then earns {worth}")
        hint.click().run()
        assert f"**Hint {number}:**" in text_of(app)
    assert "1a-1-hint" not in [b.key for b in app.button]
    app.text_input("1a-1-check-0-given").set_value(RIGHT["1a"])
    app.button("1a-1-check-0-send").click().run()
    assert "This question earned 40%: 3 hints were opened." in text_of(app)
    assert "Unrolled RNN, earned 40%]" in text_of(open_list(app))


def test_confidence_time_and_an_objection_are_kept_and_shown() -> None:
    app = predicted_and_open("1a")
    app.button_group("1a-1-check-0-sure").set_value("sure")
    app.text_input("1a-1-check-0-given").set_value("phi_y(x1)")
    app.button("1a-1-check-0-send").click().run()
    assert "1a-1-check-0-sure" not in [group.key for group in app.button_group], "asked once"
    app.text_area("1a-1-objection").set_value("My form is right, <b>too</b>.")
    app.button("1a-1-objection-keep").click().run()
    record = app.session_state["study-progress"].record("1a")
    assert (record.confidence, record.objection) == ("sure", "My form is right, <b>too</b>.")
    assert "Your objection: My form is right, \\<b\\>too" in text_of(app)


def test_after_five_answers_the_page_shows_how_sure_and_how_right() -> None:
    progress = StudyProgress()
    for i, name in enumerate(("1a", "1b", "1c", "1d", "1e")):
        progress = attempt(
            predicted(progress, name, "x"), name, 0, 9, i > 1, NOW, confidence="sure"
        )
    app = open_question("1a")
    assert "how often you were right" not in str([e.label for e in app.expander])
    app.session_state["study-progress"] = progress
    app.run()
    assert "sure: 3 of 5; think so: 0 of 0" in text_of(app)


def test_many_earned_questions_are_counted_and_a_few_are_named() -> None:
    app, progress = open_question("1a"), StudyProgress()
    names = list(QUESTIONS)[:7]
    for name in names:
        progress, checks = predicted(progress, name, "x"), len(QUESTIONS[name].checks)
        for i in range(checks):
            progress = attempt(progress, name, i, checks, True, NOW)
        app.session_state["study-progress"] = progress
        if name in names[-2:]:
            app.run()
            few = ", ".join(names[:6])
            said = f"6 of {len(QUESTIONS)} earned: {few} · due again: {few}"
            if name == names[-1]:
                said = f"7 of {len(QUESTIONS)} earned · 7 due again"
            assert said in [caption.value for caption in app.caption]


def test_the_list_can_be_filtered_by_lesson() -> None:
    app = open_list(open_question("1a"))
    app.selectbox("lesson").set_value("Vision Transformer").run()
    shown = text_of(app)
    assert "**5k**" in shown
    assert "**1b**" not in shown


def test_an_exam_has_ten_questions_no_help_and_a_result() -> None:
    app = open_question("1a", exam="group-1")
    assert "30 minutes" in text_of(app)
    button(app, "Begin").click().run()
    items = draw_exam(QUESTIONS, "group-1")
    shown = text_of(app)
    assert [QUESTIONS[item.question].title in shown for item in items] == [True] * 10
    assert "minutes left" in shown
    assert not any("Hint" in b.label or "Check" in b.label for b in app.button)
    for item in items[:2]:
        place = f"exam-group-1-{item.question}"
        fill_in(app, item.task, place, item.seed, right=True, field=place)
    button(app, "Hand in").click().run()
    assert not app.exception
    shown = text_of(app)
    assert "2 of 10 points, 2 right" in shown
    assert shown.count("Not answered.") == 8
    assert "study-progress" not in app.session_state, "nothing is earned in an exam"
    button(app, "Take it again").click().run()
    assert "30 minutes" in text_of(app)


def test_after_its_time_an_exam_is_handed_in_by_itself() -> None:
    app = open_question("1a", exam="7")
    button(app, "Begin").click().run()
    app.session_state["exam-begun-7"] -= timedelta(minutes=31)
    app.run()
    assert "0 of 10 points, 0 right" in text_of(app)


def test_a_link_to_an_exam_that_cannot_be_gets_one_sentence() -> None:
    app = open_question("1a", exam="<b>")
    assert "letters, digits or hyphens" in app.error[0].value


def test_an_exam_says_how_much_is_answered_and_shows_ones_own_answers_in_its_result() -> None:
    app = open_question("1a", exam="group-1")
    button(app, "Begin").click().run()
    items = draw_exam(QUESTIONS, "group-1")
    assert "0 of 10 answered" in text_of(app)
    number = next(item for item in items if isinstance(item.task, Number))
    essay = next(item for item in items if isinstance(item.task, Rubric))
    for item in items:
        if item not in (number, essay):
            place = f"exam-group-1-{item.question}"
            fill_in(app, item.task, place, item.seed, right=True, field=place)
    left = ", ".join(str(i) for i, item in enumerate(items, 1) if item in (number, essay))
    assert f"8 of 10 answered, not yet: {left}" in text_of(app.run())
    app.text_input(f"exam-group-1-{number.question}").set_value("7e30")
    app.text_area(f"exam-group-1-{essay.question}").set_value("I do not know.")
    app.run()
    button(app, "Hand in").click().run()
    shown = text_of(app)
    assert "8 of 10 points, 8 right" in shown
    assert "**Your answer:** 7e30" in shown
    assert "**Your answer:** I do not know" in shown
    assert "Not found yet" in shown
    assert "check again" not in shown
