"""Progress: earned and due, saved and loaded, for one student and for a class."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.study import class_store
from core.study.progress import (
    PATIENCE,
    Progress,
    again,
    attempt,
    due,
    due_on,
    dump,
    give_up,
    load,
    predict,
)
from core.study.question import shipped
from core.study.summary import summary_html, verify

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def worked(*correct: bool) -> Progress:
    progress = predict(Progress(), "1a", "One factor W_h")
    for right in correct:
        progress = attempt(progress, "1a", 0, 1, right, NOW)
    return progress


def test_the_answer_is_earned_by_a_right_check_and_not_before():
    assert not Progress().record("1a").done(1)
    assert not worked(False, False).record("1a").done(1)
    assert worked(False, True).record("1a").done(1)


def test_the_answer_can_be_asked_for_after_enough_attempts():
    with pytest.raises(ValueError, match="3 times first"):
        give_up(worked(False), "1a", 1, NOW)
    progress = give_up(worked(*[False] * PATIENCE), "1a", 1, NOW)
    assert progress.record("1a").done(1)
    assert progress.record("1a").gave_up


def test_the_first_prediction_stands():
    assert predict(worked(), "1a", "another").record("1a").prediction == "One factor W_h"


def test_what_was_easy_comes_back_later_than_what_was_hard():
    dates = [
        due_on(worked(True).record("1a")),
        due_on(worked(False, True).record("1a")),
        due_on(give_up(worked(*[False] * PATIENCE), "1a", 1, NOW).record("1a")),
    ]
    assert dates[0] > dates[1] >= dates[2] > NOW
    assert due(worked(True), NOW) == []
    assert due(worked(True), NOW + timedelta(days=400)) == ["1a"]


def test_a_second_round_draws_fresh_numbers_and_comes_back_later():
    first = worked(True)
    second = again(first, "1a")
    assert second.task_seed("1a") != first.task_seed("1a")
    assert not second.record("1a").done(1)
    later = due_on(first.record("1a"))
    second = attempt(second, "1a", 0, 1, True, later)
    assert due_on(second.record("1a")) - later > later - NOW


def test_saved_and_loaded_it_is_the_same():
    for progress in (Progress(), worked(False), worked(False, True), again(worked(True), "1a")):
        assert load(dump(progress)) == progress
        assert load(dump(progress).encode()) == progress


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("{}", "no progress file"),
        ('{"unrolled": "progress", "version": 9}', "version 9"),
        ('{"unrolled": "progress", "version": 1}', "damaged"),
        ("x" * 2_000_000, "at most"),
    ],
)
def test_another_file_is_refused_in_one_sentence(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        load(text)


BAD_VALUES = [None, -1, 10**9, "x" * 3000, [], [1, 1], {"a": 1}, True, 1.5, {"state": 9}]


@given(
    st.sampled_from(["prediction", "attempts", "passed", "gave_up", "round", "card"]),
    st.sampled_from(BAD_VALUES),
)
def test_a_damaged_record_is_refused_or_still_a_progress(field, value):
    table = json.loads(dump(worked(True)))
    table["records"]["1a"][field] = value
    try:
        assert load(dump(load(json.dumps(table))))
    except ValueError as error:
        assert str(error).endswith(".")  # noqa: PT017  either is fine, an exception of another kind is not


def test_a_class_keeps_progress_under_chosen_names(tmp_path):
    path = tmp_path / "class.sqlite3"
    class_store.save("Ada", "lovelace", worked(True), path)
    class_store.save("Bob", "builder", Progress(), path)
    assert class_store.fetch("Ada", "lovelace", path) == worked(True)
    class_store.save("Ada", "lovelace", worked(False), path)
    assert class_store.fetch("Ada", "lovelace", path) == worked(False)
    for name, word in (("Ada", "guess"), ("Eve", "lovelace")):
        with pytest.raises(ValueError, match="check both"):
            class_store.fetch(name, word, path)
    with pytest.raises(ValueError, match="is taken"):
        class_store.save("Ada", "guess", Progress(), path)
    for name in ("", "x" * 99, "../etc", "a\nb", "'; DROP TABLE student"):
        with pytest.raises(ValueError, match="cannot be used"):
            class_store.save(name, "word", Progress(), path)
    assert b"lovelace" not in path.read_bytes()


def test_the_summary_carries_its_data_and_shows_when_it_was_changed():
    progress = replace(worked(False, True), seed="group-7")
    progress = predict(progress, "1b", "<script>alert(1)</script>")
    page = summary_html("Ada <b>", progress, shipped(), NOW)
    assert "<script>" not in page
    assert "Ada <b>" not in page
    data = verify(page)
    assert data["name"] == "Ada <b>"
    assert data["rows"][0]["result"] == "right"
    assert len(data["rows"]) == 16
    with pytest.raises(ValueError, match="was changed"):
        verify(page.replace("group-7", "group-8"))
    with pytest.raises(ValueError, match="was changed"):  # what is shown counts too
        verify(page.replace("<td>not begun</td>", "<td>right</td>", 1))
    assert verify(page.replace("\n", "\r\n")) == data
    with pytest.raises(ValueError, match="no study summary"):
        verify("<p>hello</p>")
