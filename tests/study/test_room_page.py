"""The room as the lecturer and the phones see it."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.study.question import shipped
from core.study.rooms import Rooms
from dashboard import study_room
from dashboard.components import plain
from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("UNROLLED_STATE", str(tmp_path / "state"))
    st.cache_resource.clear()


def page(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "pages" / "study.py"), default_timeout=120)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def text_of(app: AppTest) -> str:
    return "\n".join(str(e.value) for kind in ("markdown", "caption") for e in app.get(kind))


def test_a_lecturer_opens_reveals_and_closes_a_room() -> None:
    app = page(q="1d")
    next(b for b in app.button if b.label == "Open a room").click().run()
    assert not app.exception
    code, secret = app.query_params["room"], app.query_params["host"]
    rooms: Rooms = study_room.rooms()
    option = shipped()["1d"].predict.options[1]
    rooms.answer(code, rooms.new_token(), option.text)
    app.run()
    assert "**1 answer**" in text_of(app)
    assert option.reply not in text_of(app)
    next(b for b in app.button if b.label == "Reveal").click().run()
    assert rooms.room(code).revealed
    assert option.reply in text_of(app)
    next(b for b in app.button if b.label == "Close the room").click().run()
    assert rooms.owns(code, secret)
    rooms.shut()


def test_a_phone_sees_no_lecturer_s_button_and_no_reply() -> None:
    rooms: Rooms = study_room.rooms()
    room, secret = rooms.open_room("1d")
    for query in ({}, {"host": "guess"}, {"host": secret[:-1]}):
        app = page(room=room.code, **query)
        assert not app.exception
        assert [b.label for b in app.button] == ["Send my answer"]
        for option in shipped()["1d"].predict.options:
            assert option.reply not in text_of(app)
    rooms.shut()


def test_a_poll_on_an_expression_counts_equal_answers_together() -> None:
    question = shipped()["1b"]
    one = study_room._countable(question, "phi(Wy Wx x3 + Wy Wh Wx x2 + Wy Wh^2 Wx x1)")
    two = study_room._countable(question, "phi_y(Wy (Wh Wh Wx x1 + Wh Wx x2 + Wx x3))")
    assert one == two
    assert study_room._countable(question, "<b>no idea</b>") == "not readable"


def test_every_shipped_prediction_can_be_asked() -> None:
    assert all(study_room.may_be_asked(question) for question in shipped().values())


@pytest.mark.parametrize("name", ["rooms.sqlite3", "study.sqlite3"])
def test_a_file_that_is_not_ours_is_one_sentence_and_the_rest_of_the_page_works(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / name).write_text("no database, and long enough to look like one" * 100)
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=120).run()
    app.switch_page("../pages/study.py").run()
    assert not app.error
    if name == "rooms.sqlite3":
        next(b for b in app.button if b.label == "Open a room").click().run()
    else:
        app.text_input(key="study-name").set_value("Ada")
        app.text_input(key="study-word").set_value("lovelace")
        next(b for b in app.button if b.label == "Keep here").click().run()
    assert not app.exception
    [error] = app.error
    assert error.value.startswith(plain(f"{name} is not a database of Unrolled: move it away"))
    app.run()
    assert not app.error
    assert not app.exception


def test_a_wrong_code_is_answered_in_one_sentence() -> None:
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=120).run()
    app.switch_page("../pages/study.py")
    app.query_params["room"] = "ZZZZZ"
    app.run()
    assert not app.exception
    assert "There is no room" in app.error[0].value
    assert len(app.title) == 1
