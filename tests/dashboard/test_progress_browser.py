"""Progress kept in the browser: what the page does with what the browser tells, and tells it."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from core.study.progress import Answer, StudyProgress, attempt, draft, predict
from core.study.question import ORDER, shipped
from core.study.storage.progress_file import dump, load
from dashboard.components import browser_store
from dashboard.components.browser_store import Stored
from tests.dashboard.study_page import button, fill_in, open_question, text_of

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def earned(name: str) -> StudyProgress:
    """Progress with that question answered right."""
    progress, checks = predict(StudyProgress("class-7"), name, "a guess"), shipped()[name].checks
    for i in range(len(checks)):
        progress = attempt(progress, name, i, len(checks), True, NOW, Answer("mine", at=1.0))
    return progress


@pytest.fixture(autouse=True)
def browser(tmp_path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What the browser says (`told`), and the last that it was asked to keep (`text`, `mark`)."""
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path / "runs"))
    seen = SimpleNamespace(told=None, text=None, mark=None)

    def store(key: str, name: str, text: str | None, *, mark: str, limit: int) -> None:
        seen.text, seen.mark = text, mark

    monkeypatch.setattr(browser_store, "read", lambda key: seen.told)
    monkeypatch.setattr(browser_store, "write", store)
    return seen


def test_nothing_is_written_before_the_browser_has_sent_its_progress(browser) -> None:
    app = open_question("1a")
    fill_in(app, shipped()["1a"].predict, "1a-1-predict", "", right=True)
    button(app, "Keep my prediction").click().run()
    assert browser.text is None
    browser.told = Stored("m1", "", "")
    app.run()
    assert load(browser.text).record("1a").prediction == "One factor W_h"
    assert browser.mark == "m1"


def test_the_browser_s_progress_is_added_with_its_seed_unless_the_link_has_one(browser) -> None:
    browser.told = Stored("m1", dump(earned("1a")), "")
    app = open_question("1c")
    assert f"1 of {len(ORDER)} earned: 1a" in text_of(app)
    assert app.session_state["study-progress"].seed == "class-7"
    assert browser.text is None, "nothing new, nothing to write"
    linked = open_question("1c", seed="class-9")
    assert f"1 of {len(ORDER)} earned: 1a" in text_of(linked)
    assert linked.session_state["study-progress"].seed == "class-9"
    assert browser.text is None, "two tabs with two seeds do not write in turns for ever"


def test_the_progress_of_two_tabs_is_merged(browser) -> None:
    browser.told = Stored("m1", dump(earned("1a")), "")
    app = open_question("1c")
    fill_in(app, shipped()["1c"].predict, "1c-1-predict", "", right=False)
    button(app, "Keep my prediction").click().run()
    browser.told = Stored("m2", dump(earned("1b")), "")
    app.run()
    assert f"2 of {len(ORDER)} earned: 1a, 1b" in text_of(app)
    both = load(browser.text)
    assert set(both.records) == {"1a", "1b", "1c"}
    assert browser.mark == "m2"


def test_a_new_seed_is_stored(browser) -> None:
    browser.told = Stored("m1", dump(earned("1a")), "")
    app = open_question("1c")
    app.text_input("study-seed").set_value("group-3")
    button(app, "Use this seed").click().run()
    assert load(browser.text).seed == "group-3"


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (Stored("m1", "{", ""), "not JSON"),
        (
            Stored("m1", dump(earned("1a")).replace('"version": 1', '"version": 2'), ""),
            "version 2",
        ),
        (Stored("m1", dump(earned("1a")).replace('"round": 1', '"round": -1'), ""), "damaged"),
        (Stored("m1", "x" * 1_000_001, ""), "1,000,001 bytes"),
        (Stored("m1", "", "large"), "is not stored in the browser"),
        (Stored("m1", "", "off"), "does not allow the page to store"),
    ],
    ids=lambda part: getattr(part, "problem", part),
)
def test_unreadable_progress_is_reported_and_left_alone(browser, told, sentence) -> None:
    browser.told = told
    app = open_question("1a")
    assert [sentence in w.value.replace("\\", "") for w in app.warning] == [True]
    fill_in(app, shipped()["1a"].predict, "1a-1-predict", "", right=True)
    button(app, "Keep my prediction").click().run()
    assert not app.exception
    assert browser.text is None
    button(app, "Delete my progress").click().run()
    assert (browser.text, browser.mark) == ("", "m1")
    browser.told = Stored("m2", "", "")
    app.run()
    assert not app.warning
    assert browser.text is None


def test_a_full_browser_is_tried_again(browser) -> None:
    browser.told = Stored("m1", dump(earned("1a")), "")
    app = open_question("1c")
    fill_in(app, shipped()["1c"].predict, "1c-1-predict", "", right=False)
    button(app, "Keep my prediction").click().run()
    browser.told = Stored("m2", "", "full")
    app.run()
    assert "no space left" in app.warning[0].value
    assert set(load(browser.text).records) == {"1a", "1c"}


def test_progress_deleted_in_another_tab_is_deleted_here(browser) -> None:
    browser.told = Stored("m1", dump(earned("1a")), "")
    app = open_question("1c")
    browser.told = Stored("m2", "", "gone")
    app.run()
    assert f"0 of {len(ORDER)} earned" in text_of(app)
    assert browser.text is None


def test_deleting_wins_over_a_tab_that_writes_meanwhile(browser) -> None:
    browser.told = Stored("m1", dump(earned("1a")), "")
    app = open_question("1c")
    button(app, "Delete my progress").click().run()
    browser.told = Stored("m2", dump(earned("1b")), "")
    app.run()
    assert f"0 of {len(ORDER)} earned" in text_of(app)
    assert (browser.text, browser.mark) == ("", "m2")
    browser.told = Stored("m3", "", "")
    app.run()
    assert browser.text is None


def test_progress_deleted_before_the_browser_has_sent_it_stays_deleted(browser) -> None:
    app = open_question("1c")
    button(app, "Delete my progress").click().run()
    browser.told = Stored("m1", dump(earned("1a")), "")
    app.run()
    assert f"0 of {len(ORDER)} earned" in text_of(app)
    assert (browser.text, browser.mark) == ("", "m1")


def test_too_much_progress_is_not_written(browser) -> None:
    essay = Answer("φ" * 5000, ("φ" * 5000,) * 20, "1", 1.0)
    progress = StudyProgress()
    for i in range(5):  # 525,000 characters of two bytes
        progress = draft(progress, "1a", i, essay)
    browser.told = Stored("m1", "", "")
    app = open_question("1c")
    app.session_state["study-progress"] = progress
    app.run()
    assert "1,000,000" in app.warning[0].value
    assert browser.text is None


def test_an_answer_stays_beside_the_model_answer_after_it_is_given(browser) -> None:
    wanted = replace(shipped()["1f"])
    progress = predict(StudyProgress(), "1f", "a guess")
    right = next(option for option in wanted.checks[0].options if option.right)
    progress = attempt(progress, "1f", 0, 2, True, NOW, Answer(right.text))
    essay = Answer("Attention **has** a short path.\n\nSo x_1 arrives.", ("ticked once",))
    browser.told = Stored("m1", dump(attempt(progress, "1f", 1, 2, True, NOW, essay)), "")
    shown = text_of(open_question("1f"))
    assert "4 · Model answer" in shown
    assert wanted.checks[0].prompt in shown
    assert right.text in shown.replace("\\", "")
    assert right.reply in shown.replace("\\", "")
    assert "Attention \\*\\*has\\*\\* a short path\\." in shown
    assert "So $x_{1}$ arrives" in shown
    points = wanted.checks[1].points
    assert f":material/check: {points[0].text}" in shown
    assert all(f"Not in your text: {point.text}" in shown for point in points[1:])
    assert "Answered correctly" in shown, "what was earned by ticks, before, stays earned"
    assert "ticked once" not in shown


def test_next_leads_to_a_question_that_is_not_earned_yet(browser) -> None:
    names = list(shipped())
    progress = StudyProgress()
    for name in names:
        record = earned(name).record(name)
        progress = replace(progress, records={**progress.records, name: record})

    def without(*left_out: str) -> str:
        kept = {name: r for name, r in progress.records.items() if name not in left_out}
        browser.told = Stored(f"m{left_out}", dump(replace(progress, records=kept)), "")
        return text_of(open_question("1b"))

    assert "Next question: 1d" in without("1d", "4i")
    assert "Next question: 1a" in without("1a")
    shown = without()
    assert "Next question" not in shown
    assert f"You have earned all {len(shipped())} questions" in shown
