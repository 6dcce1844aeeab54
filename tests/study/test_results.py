"""A class's results as a table, as CSV for Canvas and Moodle, and summaries checked in bulk."""

import csv
import hashlib
import html
import io
import json
import re
import struct
import zipfile
from dataclasses import asdict
from datetime import UTC, datetime

import pytest

from core.study.progress import Answer, StudyProgress, attempt, open_hint
from core.study.question import shipped
from core.study.results.bulk import FORGED, SIGNED, UNSIGNED, check_files
from core.study.results.result import (
    QuestionResult,
    dump_results,
    load_results,
    results_of,
)
from core.study.results.table import (
    CANVAS,
    canvas_csv,
    details,
    moodle_csv,
    overview,
    read_hand_ins,
    to_csv,
)
from core.study.storage.classes import HandIn
from core.study.storage.rooms import Rooms
from core.study.summary import summary_html

NOW = datetime(2026, 3, 1, tzinfo=UTC)
QUESTIONS = shipped()
ONE = QuestionResult("1a", 0.8, 2, 1, "sure", 90, "")
TWO = QuestionResult("1b", 1.0, 1, 0, "guess", 30, "=HYPERLINK(1)")


def hand_in(name: str, *results: QuestionResult) -> HandIn:
    return HandIn(name, dump_results(results), 1_770_000_000)


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_a_result_holds_what_the_progress_holds() -> None:
    progress = open_hint(StudyProgress(), "1a")
    for correct in (False, True):
        progress = attempt(progress, "1a", 0, 1, correct, NOW, Answer("x"), confidence="think so")
    (result,) = results_of(progress, QUESTIONS)
    assert result == QuestionResult("1a", 0.8, 2, 1, "think so", 0, "")
    assert load_results(dump_results((result,))) == (result,)


@pytest.mark.parametrize(
    "change",
    [
        {"earned": 2},
        {"earned": float("nan")},
        {"tries": -1},
        {"tries": True},
        {"confidence": "very"},
        {"objection": "x" * 301},
        {"question": "../1a"},
        {"more": 1},
    ],
)
def test_forged_results_are_one_sentence(change: dict[str, object]) -> None:
    text = json.dumps([{**asdict(ONE), **change}])
    with pytest.raises(ValueError, match="cannot be read"):
        load_results(text)
    read, errors = read_hand_ins([HandIn("Ada", text, 0), hand_in("Ben", ONE)], QUESTIONS)
    assert [h.name for h, _ in read] == ["Ben"]
    assert errors == ["Ada: These results cannot be read: ask the student to hand in again."]


@pytest.mark.parametrize("text", ["", "{}", "[1]", "null", "[" * 100_000])
def test_what_is_not_a_list_of_results_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        load_results(text)


def test_the_table_sums_and_shows_each_question() -> None:
    results, _ = read_hand_ins([hand_in("Ada", ONE, TWO), hand_in("Ben")], QUESTIONS)
    ada, ben = overview(results, ["1a", "1b", "1c"])
    assert (ada["Points"], ada["Tries"], ada["Hints"], ada["Minutes"]) == (1.8, 3, 1, 2.0)
    assert (ada["Sure"], ada["Sure and right"]) == (1, 0)
    assert (ada["1a"], ada["1b"], ada["1c"]) == (0.8, 1.0, None)
    assert (ben["Points"], ben["Answered"]) == (0, 0)
    assert [row["question"] for row in details(results)] == ["1a", "1b"]


def test_a_student_s_own_questions_do_not_count() -> None:
    own = QuestionResult("my-own", 1.0, 1, 0, "sure", 1, "")
    ((_, kept),), _ = read_hand_ins([hand_in("Ada", own, ONE)], QUESTIONS)
    assert kept == (ONE,)


def test_canvas_finds_its_columns_and_the_points_possible() -> None:
    results, _ = read_hand_ins([hand_in("ada1", ONE)], QUESTIONS)
    head, possible, ada = rows_of(canvas_csv(results, ["1a", "1b"]))
    assert ",".join(head) == ("Student,ID,SIS User ID,SIS Login ID,Section,Unrolled 1a,Unrolled 1b")
    assert possible[0].strip() == "Points Possible"
    assert possible[len(CANVAS) :] == ["1", "1"]
    assert ada == ["ada1", "", "", "ada1", "", "0.8", ""]


def test_moodle_finds_a_user_and_a_column_for_each_question() -> None:
    results, _ = read_hand_ins([hand_in("ada1", ONE)], QUESTIONS)
    head, ada = rows_of(moodle_csv(results, ["1a"]))
    assert head == ["Username", "ID number", "Email address", "Unrolled 1a"]
    assert ada == ["ada1", "", "", "0.8"]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1"])
def test_no_name_and_no_objection_is_run_as_a_formula(name: str) -> None:
    results, _ = read_hand_ins([hand_in(name, TWO)], QUESTIONS)
    rows = details(results)
    for text in (
        canvas_csv(results, ["1b"]),
        moodle_csv(results, ["1b"]),
        to_csv(rows, list(rows[0])),
    ):
        for row in rows_of(text):
            assert not any(c.lstrip().startswith(("=", "+", "-", "@")) for c in row)


# --- summaries in bulk ---


@pytest.fixture
def rooms(tmp_path):
    opened = Rooms(tmp_path / "rooms.sqlite3")
    yield opened
    opened.release()


def summary(name: str, rooms: Rooms | None = None) -> bytes:
    progress = attempt(StudyProgress(), "1a", 0, 1, True, NOW, Answer("x"))
    return summary_html(name, progress, QUESTIONS, NOW, rooms and rooms.signature).encode()


def forged(content: bytes) -> bytes:
    """Another result with the checksum that fits, and the old signature."""
    page = content.decode().replace("not begun", "right")
    data = html.unescape(re.search(r'<pre id="data">(.*?)</pre>', page, re.S)[1])
    new = hashlib.sha256(data.encode()).hexdigest()
    return re.sub(r"SHA-256 <code>\w+", f"SHA-256 <code>{new}", page).encode()


def test_three_hundred_files_give_one_table_and_ten_forged_are_named(rooms) -> None:
    files = [(f"{n}.html", summary(f"Student {n}", rooms)) for n in range(290)]
    files += [(f"forged-{n}.html", forged(summary(f"F {n}", rooms))) for n in range(5)]
    files += [
        (f"forged-{n}.html", summary("Ada", rooms).replace(b"not begun", b"right", 1))
        for n in range(5, 10)
    ]
    checked = check_files(files, rooms.signature)
    assert len(checked) == 300
    assert [c.file for c in checked if c.state == FORGED] == [f"forged-{n}.html" for n in range(10)]
    good = [c for c in checked if c.state == SIGNED]
    assert [c.name for c in good] == [f"Student {n}" for n in range(290)]
    assert {(c.right, c.of, c.answers) for c in good} == {(1, len(QUESTIONS), 1)}
    with pytest.raises(ValueError, match="more than 300 files"):
        check_files([*files, files[0]], rooms.signature)


def test_a_file_without_a_signature_is_said_to_have_none(rooms, tmp_path) -> None:
    other = Rooms(tmp_path / "other.sqlite3")
    unsigned, foreign = check_files(
        [("a.html", summary("Ada")), ("b.html", summary("Ben", other))], rooms.signature
    )
    other.release()
    assert unsigned.state == UNSIGNED
    assert foreign.state == FORGED
    assert "signature is not this server's" in foreign.why


def zipped(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def test_a_zip_stands_for_its_summaries(rooms) -> None:
    content = zipped(("ada/a.html", summary("Ada", rooms)), ("ben/b.html", b"hello"))
    ada, ben = check_files([("all.zip", content)], rooms.signature)
    assert (ada.file, ada.state, ada.name) == ("ada/a.html", SIGNED, "Ada")
    assert (ben.state, ben.why.split(":")[0]) == (FORGED, "This is not a study summary")


def test_a_zip_bomb_is_refused_before_any_of_it_is_read_and_the_others_are_checked(
    rooms, monkeypatch
) -> None:
    bomb = zipped(("a.html", b"0" * 60_000_000))
    many = zipped(*((f"{n}.html", b"0" * 999_999) for n in range(51)))
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("a member was read"))
    files = [("bomb.zip", bomb), ("many.zip", many), ("a.html", summary("Ada", rooms))]
    first, second, ada = check_files(files, rooms.signature)
    assert "60,000,000 bytes and nothing of it was read" in first.why
    assert "50,999,949 bytes and nothing" in second.why
    assert (first.state, second.state, ada.state) == (FORGED, FORGED, SIGNED)


def test_a_zip_with_a_long_list_or_another_one_of_zip64_is_refused_before_the_list(
    rooms, monkeypatch
) -> None:
    content = zipped(*((f"{n}.html", b"") for n in range(601)))
    end = content.rfind(b"PK\x05\x06")
    small = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 60, 0, 0)
    hidden = content[:end] + b"PK\x06\x07" + bytes(16) + small
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("the list was read"))
    for zip_file in (content, hidden):
        (checked,) = check_files([("many.zip", zip_file)], rooms.signature)
        assert "too many files: give at most 300 summaries" in checked.why


def test_a_file_that_begins_a_summary_again_and_again_is_read_once(rooms) -> None:
    """Searched from each beginning, the first would take a quarter of an hour."""
    files = [("a.html", b'<pre id="data">' * 66_000), ("b.html", b"</pre>" + b" " * 999_000)]
    checked = check_files(files, rooms.signature)
    assert [c.why for c in checked] == [
        "This is not a study summary: choose the HTML file that was handed in."
    ] * 2


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x05\x06", b"\xff" * 100, b"x" * 1_000_001])
def test_other_files_are_named_in_one_sentence(rooms, content: bytes) -> None:
    (checked,) = check_files([("other.html", content)], rooms.signature)
    assert (checked.file, checked.state) == ("other.html", FORGED)
    assert checked.why.endswith(".")
