"""Progress: earned and due, saved and loaded, for one student and for a class."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from core.study.progress import (
    CONFIDENCE,
    MIN_ATTEMPTS,
    Answer,
    Record,
    StudyProgress,
    again,
    attempt,
    calibration,
    draft,
    due,
    due_date,
    give_up,
    merge,
    object_to,
    open_hint,
    predict,
    spend,
)
from core.study.question import shipped
from core.study.storage import class_store
from core.study.storage.progress_file import dump, load
from core.study.summary import summary_html, verify

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def worked(*correct: bool) -> StudyProgress:
    progress = predict(StudyProgress(), "1a", "One factor W_h")
    for right in correct:
        progress = attempt(progress, "1a", 0, 1, right, NOW)
    return progress


def test_the_model_answer_is_earned_by_right_answers_only():
    assert not StudyProgress().record("1a").done(1)
    assert not worked(False, False).record("1a").done(1)
    assert worked(False, True).record("1a").done(1)


def test_the_model_answer_can_be_shown_after_enough_attempts():
    with pytest.raises(ValueError, match="3 times first"):
        give_up(worked(False), "1a", 1, NOW)
    progress = give_up(worked(*[False] * MIN_ATTEMPTS), "1a", 1, NOW)
    assert progress.record("1a").done(1)
    assert progress.record("1a").gave_up


def test_a_check_without_a_try_left_is_closed_and_the_question_is_not_earned():
    progress = predict(StudyProgress(), "1d", "a guess")
    for check, right in ((0, True), (1, False), (1, False), (1, True), (2, True)):
        tries = 2 if check == 1 else None
        progress = attempt(progress, "1d", check, 3, right, NOW, tries=tries)
    record = progress.record("1d")
    assert (record.passed, record.missed) == ((0, 2), (1,))
    assert record.done(3)
    assert not record.earned(3)
    assert due_date(record) < due_date(worked(True).record("1a")), "due again soon"
    assert load(dump(progress)) == progress
    assert again(progress, "1d").record("1d").missed == ()
    elsewhere = attempt(predict(StudyProgress(), "1d", "a guess"), "1d", 1, 3, True, NOW)
    assert merge(progress, elsewhere).record("1d").earned(3), "right in another tab"


def test_a_file_of_an_earlier_version_without_missed_checks_is_read():
    table = json.loads(dump(worked(False, True)))
    del table["records"]["1a"]["missed"]
    assert load(json.dumps(table)) == worked(False, True)


def test_hints_confidence_time_and_an_objection_are_kept() -> None:
    progress = predict(StudyProgress(), "1d", "a guess")
    for check, right, level in ((0, False, "sure"), (0, True, "guess"), (1, True, "think so")):
        progress = attempt(progress, "1d", check, 3, right, NOW, confidence=level)
    for _ in range(5):
        progress = open_hint(progress, "1d")
    progress = spend(spend(progress, "1d", 41.6), "1d", -3)
    progress = object_to(progress, "1d", "  My sign\nis right. " + "x" * 400)
    record = progress.record("1d")
    assert (record.tries, record.hints, record.seconds) == (3, 3, 42)
    assert record.worth == pytest.approx(0.4)
    assert record.judged == {"0": "sure", "1": "think so"}, "how sure at the first answer"
    assert record.confidence == "think so"
    assert record.objection.startswith("My sign is right. x")
    assert len(record.objection) == 300
    assert load(dump(progress)) == progress
    assert again(progress, "1d").record("1d").hints == 0
    assert Record().confidence is None
    counts = calibration(progress, {"1d": 3, "1a": 1})
    assert counts == {"sure": (0, 1), "think so": (1, 1), "guess": (0, 0)}


def test_a_file_from_before_hints_and_confidence_is_read() -> None:
    table = json.loads(dump(worked(False, True)))
    assert not {"hints", "judged", "seconds", "objection"} & {*table["records"]["1a"]}
    assert load(json.dumps(table)) == worked(False, True)


def test_a_later_prediction_does_not_replace_the_first():
    assert predict(worked(), "1a", "another").record("1a").prediction == "One factor W_h"


def test_what_was_easy_comes_back_later_than_what_was_hard():
    dates = [
        due_date(worked(True).record("1a")),
        due_date(worked(False, True).record("1a")),
        due_date(give_up(worked(*[False] * MIN_ATTEMPTS), "1a", 1, NOW).record("1a")),
    ]
    assert dates[0] > dates[1] >= dates[2] > NOW
    assert due(worked(True), NOW) == []
    assert due(worked(True), NOW + timedelta(days=400)) == ["1a"]


def test_a_second_round_draws_fresh_numbers_and_comes_back_later():
    first = worked(True)
    second = again(first, "1a")
    assert second.task_seed("1a") != first.task_seed("1a")
    assert not second.record("1a").done(1)
    later = due_date(first.record("1a"))
    second = attempt(second, "1a", 0, 1, True, later)
    assert due_date(second.record("1a")) - later > later - NOW


def test_progress_survives_saving_and_loading():
    written = draft(
        worked(False), "1a", 0, Answer("x₁ fades 🙂\n\nbecause …", ("a point",), "1", 3.5)
    )
    for progress in (
        *(StudyProgress(), worked(False), worked(False, True), again(worked(True), "1a")),
        *(written, attempt(written, "1a", 0, 1, True, NOW, Answer("Wx x1", at=4.0))),
    ):
        assert load(dump(progress)) == progress
        assert load(dump(progress).encode()) == progress


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("{}", "not a progress file"),
        ('{"unrolled": "progress", "version": 9}', "version 9"),
        ('{"unrolled": "progress", "version": 1}', "damaged"),
        ("x" * 2_000_000, "at most"),
    ],
)
def test_another_file_is_refused_in_one_sentence(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        load(text)


def test_an_old_file_without_answers_is_read() -> None:
    table = json.loads(dump(worked(False, True)))
    del table["records"]["1a"]["typed"], table["records"]["1a"]["sent"]
    assert load(json.dumps(table)) == worked(False, True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("stability", 1e308), ("stability", float("nan")), ("difficulty", -1.0)),
        *(("difficulty", None), ("last_review", "2026-03-02")),
        ("due", "9999-12-31T00:00:00+00:00"),
        *(("step", "0"), ("step", 10**9), ("card_id", 1e400), ("state", 7)),
    ],
)  # fmt: skip
def test_a_card_that_the_scheduler_cannot_use_is_refused(field: str, value: object) -> None:
    table = json.loads(dump(worked(True)))
    table["records"]["1a"]["card"][field] = value
    with pytest.raises(ValueError, match="damaged"):
        load(json.dumps(table))


@pytest.mark.parametrize(
    "answer",
    [
        *("text", None, [], {}, {"text": "a"}, {"text": 1, "lines": [], "seed": "", "at": 0}),
        {"text": "a" * 5001, "lines": [], "seed": "", "at": 0},
        {"text": "a", "lines": ["x"] * 21, "seed": "", "at": 0},
        {"text": "a", "lines": [1], "seed": "", "at": 0},
        {"text": "\ud800", "lines": [], "seed": "", "at": 0},
        {"text": "a", "lines": [], "seed": "", "at": float("inf")},
        {"text": "a", "lines": [], "seed": "", "at": "now"},
    ],
)
def test_a_malformed_answer_is_refused(answer: object) -> None:
    table = json.loads(dump(worked(False)))
    table["records"]["1a"]["sent"] = {"0": answer}
    with pytest.raises(ValueError, match="damaged"):
        load(json.dumps(table))


answers = st.builds(
    Answer, st.sampled_from(["", "a", "b"]), st.just(()), st.just("1"), st.sampled_from([0.0, 1.0])
)
checked = st.dictionaries(st.sampled_from(["0", "1"]), answers)
cards = st.sampled_from(
    [None, *(worked(*tries).record("1a").card for tries in ([True], [False, True]))]
)
records = st.builds(
    Record,
    st.sampled_from(["", "a", "b"]),
    st.dictionaries(st.sampled_from(["0", "1"]), st.integers(0, 4)),
    *(st.sampled_from([(), (0,), (1,), (0, 1)]), st.booleans(), st.integers(1, 2)),
    *(cards, checked, checked, st.sampled_from([(), (0,), (1,)]), st.integers(0, 3)),
    st.dictionaries(st.sampled_from(["0", "1"]), st.sampled_from(CONFIDENCE)),
    *(st.integers(0, 9), st.sampled_from(["", "It is right."])),
)  # fmt: skip
progresses = st.builds(
    StudyProgress, st.just("1"), st.dictionaries(st.sampled_from(["1a", "1b"]), records)
).map(lambda progress: merge(progress, progress))


def test_an_answer_longer_than_any_field_holds_is_still_read_back() -> None:
    endless = Answer("x" * 100_000, ("a point",), "1", 1.0)
    for kept in (
        draft(worked(), "1a", 0, endless),
        attempt(worked(), "1a", 0, 1, False, NOW, endless),
    ):
        assert load(dump(kept)) == kept


@given(progresses, progresses, progresses)
def test_merging_does_not_depend_on_the_order(a, b, c):
    assert merge(a, a) == a
    assert merge(a, b) == merge(b, a)
    assert merge(merge(a, b), c) == merge(a, merge(b, c))


@given(progresses, progresses)
def test_what_is_earned_in_one_tab_stays_earned(a, b):
    both = merge(a, b)
    for name in {**a.records, **b.records}:
        record = both.record(name)
        for part in (a.record(name), b.record(name)):
            if part.round == record.round:
                assert set(part.passed) <= set(record.passed)
                assert all(part.done(n) <= record.done(n) or len(record.passed) > n for n in (1, 2))
                assert bool(part.prediction) <= bool(record.prediction)
                assert all(record.attempts[key] >= n for key, n in part.attempts.items())


def test_a_question_answered_here_and_given_up_there_is_right() -> None:
    right = worked(True)
    both = merge(give_up(worked(*[False] * MIN_ATTEMPTS), "1a", 1, NOW), right)
    data = verify(summary_html("Ada", both, shipped(), NOW))
    assert data["rows"][0]["result"] == "right"


def test_the_latest_text_of_two_tabs_counts_and_each_keeps_its_seed() -> None:
    old = draft(StudyProgress("group-1"), "1f", 0, Answer("a first, longer text", at=1.0))
    new = draft(StudyProgress("group-2"), "1f", 0, Answer("a text", at=2.0))
    assert merge(old, new).record("1f").typed["0"].text == "a text"
    assert merge(old, new).seed == "group-1"
    checked = attempt(new, "1f", 0, 2, False, NOW, Answer("a text, checked", at=3.0))
    assert merge(checked, old).record("1f").typed == {}, "what was typed before is no draft"
    assert merge(old, checked) == replace(merge(checked, old), seed="group-1")


BAD_VALUES = [None, -1, 10**9, "x" * 3000, [], [1, 1], {"a": 1}, True, 1.5, {"state": 9}]


@given(
    st.sampled_from(
        [
            *("prediction", "attempts", "passed", "gave_up", "round", "card", "typed", "sent"),
            *("missed", "hints", "judged", "seconds", "objection"),
        ]
    ),
    st.sampled_from(BAD_VALUES),
)
def test_a_damaged_record_is_refused_or_valid(field, value):
    table = json.loads(dump(worked(True)))
    table["records"]["1a"][field] = value
    try:
        assert load(dump(load(json.dumps(table))))
    except ValueError as error:
        assert str(error).endswith(".")  # noqa: PT017  either is fine, an exception of another kind is not


def test_a_class_stores_progress_under_names(tmp_path):
    path = tmp_path / "class.sqlite3"
    class_store.save("Ada", "lovelace", worked(True), path)
    class_store.save("Bob", "builder", StudyProgress(), path)
    assert class_store.fetch("Ada", "lovelace", path) == worked(True)
    class_store.save("Ada", "lovelace", worked(False), path)
    assert class_store.fetch("Ada", "lovelace", path) == worked(False)
    for name, word in (("Ada", "guess"), ("Eve", "lovelace")):
        with pytest.raises(ValueError, match="check both"):
            class_store.fetch(name, word, path)
    with pytest.raises(ValueError, match="is taken"):
        class_store.save("Ada", "guess", StudyProgress(), path)
    for name in ("", "x" * 99, "../etc", "a\nb", "'; DROP TABLE student"):
        with pytest.raises(ValueError, match="cannot be used"):
            class_store.save(name, "word", StudyProgress(), path)
    assert b"lovelace" not in path.read_bytes()


def test_a_changed_summary_is_detected():
    progress = replace(worked(False, True), seed="group-7")
    progress = predict(progress, "1b", "<script>alert(1)</script>")
    page = summary_html("Ada <b>", progress, shipped(), NOW)
    assert "<script>" not in page
    assert "Ada <b>" not in page
    data = verify(page)
    assert data["name"] == "Ada <b>"
    assert data["rows"][0]["result"] == "right"
    assert len(data["rows"]) == len(shipped())
    with pytest.raises(ValueError, match="was changed"):
        verify(page.replace("group-7", "group-8"))
    with pytest.raises(ValueError, match="was changed"):  # what is shown counts too
        verify(page.replace("<td>not begun</td>", "<td>right</td>", 1))
    assert verify(page.replace("\n", "\r\n")) == data
    with pytest.raises(ValueError, match="not a study summary"):
        verify("<p>hello</p>")
