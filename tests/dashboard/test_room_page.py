"""The room as the lecturer and the phones see it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from core.study import poll
from core.study.options import shown_options
from core.study.question import shipped
from core.study.storage.rooms import Rooms
from core.study.storyline import lessons, storyline
from dashboard.components.formula import formula
from dashboard.components.page import escape
from dashboard.study import room as study_room, room_link
from dashboard.study.room_link import link_for_phones
from tests.conftest import ROOT
from tests.crawl.views import View, open_on_stage


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("UNROLLED_STATE", str(tmp_path / "state"))
    study_room.rooms.clear()


def page(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "pages" / "study.py"), default_timeout=120)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def text_of(app: AppTest) -> str:
    """All text of the page, as it is read and not as Markdown escapes it."""
    kinds = ("markdown", "caption", "success", "warning", "info")
    shown = "\n".join(str(e.value) for kind in kinds for e in app.get(kind))
    return re.sub(r"\\([\W_])|\$(\w)_\{(\w+)\}\$", lambda m: m[1] or f"{m[2]}_{m[3]}", shown)


def test_a_lecturer_opens_reveals_and_closes_a_room() -> None:
    app = page(q="1d")
    next(b for b in app.button if b.label == "Open a room").click().run()
    assert not app.exception
    code, secret = app.query_params["room"], app.query_params["host"]
    rooms: Rooms = study_room.rooms()
    kinds = [element.type for element in app.main]
    assert kinds.index("caption") < kinds.index("image"), "no button stands next to the QR code"
    option = shipped()["1d"].predict.options[1]
    rooms.answer(code, rooms.new_token(), option.text)
    app.run()
    assert "**1 answer**" in text_of(app)
    assert option.reply not in text_of(app)
    next(b for b in app.button if b.label == "Close the room").click().run()
    assert [b.label for b in app.button] == ["Reveal", "Back to the question"]
    next(b for b in app.button if b.label == "Reveal").click().run()
    assert rooms.room(code).revealed
    assert option.reply in text_of(app)
    assert rooms.owns(code, secret)
    rooms.release()


def test_a_phone_sees_no_lecturer_s_button_and_no_reply() -> None:
    rooms: Rooms = study_room.rooms()
    room, secret = rooms.open_room("1d")
    for query in ({}, {"host": "guess"}, {"host": secret[:-1]}):
        app = page(room=room.code, **query)
        assert not app.exception
        assert [b.label for b in app.button] == ["Send my answer"]
        for option in shipped()["1d"].predict.options:
            assert option.reply not in text_of(app)
    rooms.release()


def test_the_host_sees_after_reveal_what_is_right_and_why() -> None:
    app = page(q="1c")
    next(b for b in app.button if b.label == "Open a room").click().run()
    task = shipped()["1c"].predict
    right = next(option for option in task.options if option.right)
    assert right.reply not in text_of(app)
    next(b for b in app.button if b.label == "Reveal").click().run()
    assert right.reply in text_of(app)
    assert [b.label for b in app.button] == ["Back to the question"]
    bars = json.loads(app.get("plotly_chart")[0].proto.spec)["data"][0]
    shown = shown_options(task, app.query_params["room"])
    assert bars["y"] == [("✓ " if o.right else "") + o.text for o in shown]
    study_room.rooms().release()


def test_a_lecturer_goes_back_to_the_question() -> None:
    app = page(q="1d")
    next(b for b in app.button if b.label == "Open a room").click().run()
    next(b for b in app.button if b.label == "Back to the question").click().run()
    assert not app.exception
    assert app.header[0].value.startswith("1d ·")
    assert "room" not in app.query_params
    assert "host" not in app.query_params
    study_room.rooms().release()


@pytest.mark.parametrize("right", [True, False])
def test_a_phone_learns_after_reveal_whether_it_was_right(
    right: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms: Rooms = study_room.rooms()
    token = rooms.new_token()
    monkeypatch.setattr(study_room, "phone_token", lambda rooms: token)
    room, secret = rooms.open_room("1d")
    options = shipped()["1d"].predict.options
    mine = next(option for option in options if option.right == right)
    truth = next(option for option in options if option.right)
    phone = page(room=room.code)
    phone.radio[0].set_value(mine.text).run()
    phone.button[0].click().run()
    assert "Your answer is counted." in text_of(phone)
    assert not [o for o in options if o.reply in text_of(phone)], "nothing before Reveal"
    rooms.reveal(room.code, secret)
    phone.run()
    assert f"Your answer was {'right' if right else 'wrong'}" in text_of(phone)
    assert mine.reply in text_of(phone)
    assert truth.reply in text_of(phone)
    rooms.release()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("phi_y(Wy Wx x3 + Wy Wh Wx x2 + Wy Wh^2 Wx x1)", "Your answer was right: phi_y("),
        ("phi_y(Wy Wx x3)", "Your answer was wrong: phi_y(Wy Wx x3)"),
    ],
)
def test_what_a_phone_typed_is_graded_as_it_was_typed(
    typed: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms: Rooms = study_room.rooms()
    token = rooms.new_token()
    monkeypatch.setattr(study_room, "phone_token", lambda rooms: token)
    room, secret = rooms.open_room("1b")
    phone = page(room=room.code)
    phone.text_input[0].set_value(typed).run()
    phone.button[0].click().run()
    rooms.reveal(room.code, secret)
    phone.run()
    assert said in text_of(phone).replace("**", "")
    right, _ = poll.right_answer(shipped()["1b"].predict, room.code)
    shares = [share.proto for share in phone.get("progress")]
    assert sum(int(re.match(r"\*\*(\d+)\*\* · ", share.text)[1]) for share in shares) == 1
    assert [share.value for share in shares if share.text.startswith("**1**")] == [100]
    marked = next(share.text for share in shares if "✓" in share.text)
    assert marked.endswith(f"✓ {formula(right)}")
    assert "$W_{h}$" in marked or "W_h" not in right
    assert not phone.get("plotly_chart"), "a phone fetches no Plotly"
    rooms.release()


def test_a_phone_shows_twelve_of_many_answers_the_right_one_among_them() -> None:
    rooms: Rooms = study_room.rooms()
    room, secret = rooms.open_room("1b")
    for i in range(15):
        rooms.answer(room.code, rooms.new_token(), f"answer {i}")
    rooms.reveal(room.code, secret)
    phone = page(room=room.code)
    shares = [share.proto.text for share in phone.get("progress")]
    assert len(shares) == 12
    assert sum("✓" in share for share in shares) == 1
    assert "Answers not shown here: 4." in text_of(phone)
    rooms.release()


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        *(("1c", "T", "wrong: T"), ("1c", "T − 1", "right: T − 1"), ("1c", None, "")),
        ("1b", "phi_y(Wy Wx x3 + Wy Wh Wx x2 + Wy Wh^2 Wx x1)", "right: φ_y("),
        *(("1b", "phi_y(Wy Wx x3)", "wrong: φ_y(W_y W_x x_3)"), ("1b", "?", "wrong: not readable")),
    ],
)
def test_a_phone_that_is_reloaded_learns_it_too(
    name: str, typed: str | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms: Rooms = study_room.rooms()
    token = rooms.new_token()
    monkeypatch.setattr(study_room, "phone_token", lambda rooms: token)
    room, secret = rooms.open_room(name)
    task = shipped()[name].predict
    if typed is not None:
        rooms.answer(room.code, token, poll.countable(task, typed, room.code))
    rooms.reveal(room.code, secret)
    phone = page(room=room.code)
    shown = text_of(phone).replace("**", "")
    assert not phone.exception
    assert ("Your answer was" in shown) == bool(said)
    assert said in shown
    assert ("The right answer:" in shown) != said.startswith("right")
    rooms.release()


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
        next(b for b in app.button if b.label == "Save here").click().run()
    assert not app.exception
    [error] = app.error
    assert error.value.startswith(escape(f"{name} is not a database of Unrolled: move it away"))
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


@pytest.fixture
def at_home(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[str, str]]:
    """The link and the warning of a server: where it listens, to which names it answers."""

    def link(
        address: str | None, hosts: list[str], lan: str | None = "192.168.1.5"
    ) -> tuple[str, str]:
        options = {"server.address": address, "server.allowedHosts": hosts}
        monkeypatch.setattr(room_link.st, "get_option", options.get)
        monkeypatch.setattr(room_link, "lan_address", lambda: lan)
        return link_for_phones(urlsplit("http://localhost:8501/study"), "?room=ABCDE")

    return link


def test_the_link_for_phones_has_this_machines_address_where_they_can_reach_it(at_home) -> None:
    theirs = ("http://192.168.1.5:8501/study?room=ABCDE", "")
    assert at_home("0.0.0.0", ["*"]) == theirs
    assert at_home(None, []) == theirs
    for closed in (("127.0.0.1", ["*"]), ("0.0.0.0", ["localhost", "127.0.0.1"])):
        link, warning = at_home(*closed)
        assert link == "http://localhost:8501/study?room=ABCDE"
        assert "Phones cannot open this link" in warning
        assert "192.168.1.5:8501" in warning
    assert "has no network" in at_home("0.0.0.0", ["*"], lan=None)[1]
    there = urlsplit("https://unrolled.example.org/study")
    assert link_for_phones(there, "?room=ABCDE") == (f"{there.geturl()}?room=ABCDE", "")


def test_a_poll_is_opened_from_a_beat_and_leads_back_to_it() -> None:
    app = page(q="1d", ask="rnn-4", mode="present")
    assert not study_room.rooms().counts("AAAAA")
    assert [b.label for b in app.button] == ["Open a room"]
    assert "Back to beat 4" in text_of(app)
    app.button[0].click().run()
    assert app.query_params["room"]
    assert [b.label for b in app.button] == ["Reveal", "Close the room"]
    assert "Back to beat 4" in text_of(app)
    study_room.rooms().release()


def test_a_beat_is_as_it_was_after_its_poll() -> None:
    beats = storyline("rnn").beats
    at = next(i for i, beat in enumerate(beats) if beat.poll == "1d")
    stage = (("mode", "present"), ("beat", str(at + 1)))
    app = open_on_stage(View("rnn", stage))
    for name, query in (
        ("study", {"q": "1d", "ask": f"rnn-{at + 1}", "mode": "present"}),
        ("rnn", dict(stage)),
    ):
        app.switch_page(f"../pages/{name}.py")
        app.query_params.clear()
        for key, value in query.items():
            app.query_params[key] = value
        app.run()
        assert not app.exception
    for key, value in beats[at].state.items():
        assert app.session_state[key] == value


@pytest.mark.parametrize("ask", ["", "rnn", "nowhere-1", "rnn-4-5", "../rnn-1", "rnn-999"])
def test_a_beat_that_is_not_there_opens_the_question(ask: str) -> None:
    assert page(q="1d", ask=ask).header[0].value.startswith("1d ·")


def test_every_poll_of_a_beat_can_be_asked() -> None:
    asked = {beat.poll for name in lessons() for beat in storyline(name).beats} - {""}
    assert len(asked) >= 10
    assert all(study_room.may_be_asked(shipped()[name]) for name in asked)
