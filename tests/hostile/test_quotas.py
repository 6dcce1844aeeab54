"""One visitor exceeds every quota of a real server: passphrases, votes, rooms and runs.

Each test uses another network address, passed on as by a proxy on this machine. Visitors of Study
come by the link of a question: without one each answer would bring the list of all questions.
"""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.study.progress import StudyProgress
from core.study.storage import class_store
from core.study.storage.rooms import Rooms
from dashboard import limits
from tests.browser.server import dashboard
from tests.hostile.conftest import Served, one_sentence
from tests.load.client import Tab, View, key_of
from tests.load.loop import run
from tests.load.poll import COUNTED, QUESTION

LATER = re.compile(r"try again in \d+ (second|minute|hour)s?\.")


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server where runs wait in the queue and none is started."""
    folder: Path = tmp_path_factory.mktemp("asked")
    with dashboard(folder, UNROLLED_ENGINE="none") as address:
        yield Served(address, folder)


async def visit(served: Served, page: str, ip: str, **query: str) -> tuple[Tab, View]:
    """A new session from this address."""
    tab = Tab(served.address, page, query)
    return tab, await tab.open(**{"X-Forwarded-For": ip})


def labelled(view: View, label: str) -> str:
    return next(i for i, w in view.widgets.items() if getattr(w, "label", "") == label)


def keyed(view: View, key: str) -> str:
    return next(i for i, w in view.widgets.items() if key_of(w) == key)


async def press(tab: Tab, button: str, times: int) -> list[View]:
    views = []
    for _ in range(times):
        tab.set(button, trigger_value=True)
        views.append(await tab.rerun())
        assert not views[-1].exceptions
    return views


def said(views: list[View], sentence: str) -> int:
    """The number of views with this error; every error must be one sentence."""
    errors = [error.replace("\\", "") for view in views for error in view.errors]
    for error in errors:
        one_sentence(error)
    return sum(bool(re.search(sentence, error)) for error in errors)


async def guess(served: Served, ip: str, name: str, times: int, word: str = "guess") -> list[View]:
    """The views after `times` guesses over one connection, without a pause."""
    tab, view = await visit(served, "study", ip, q=QUESTION)
    tab.set(keyed(view, "study-name"), string_value=name)
    tab.set(keyed(view, "study-word"), string_value=word)
    views = await press(tab, labelled(view, "Fetch"), times)
    await tab.close()
    return views


def test_a_loop_of_guesses_tries_few_words_and_others_are_not_held_up(waiting: Served) -> None:
    kept = waiting.folder / "state" / "study.sqlite3"
    for name in ("Ada", "Bob"):
        class_store.save(name, "lovelace", StudyProgress(name), kept)
    views = run(guess(waiting, "203.0.113.1", "Ada", 150))
    tried = said(views, "Nothing is kept")
    assert 5 <= tried <= 5 + 8, "the eighth delay ends after four minutes"
    assert said(views, "Too many wrong passphrases: " + LATER.pattern) == 150 - tried

    more = [run(guess(waiting, f"203.0.113.{i}", "Ada", 10)) for i in range(2, 8)]
    assert said([view for views in more for view in views], "Nothing is kept") <= 6, (
        "nor with new sessions and addresses"
    )
    for ip in ("203.0.113.1", "203.0.113.10"):
        other = run(guess(waiting, ip, "Bob", 1, "lovelace"))
        assert not other[0].errors, "another name is fetched at once"


def test_one_session_keeps_progress_under_few_names(waiting: Served) -> None:
    async def flood() -> list[View]:
        tab, view = await visit(waiting, "study", "203.0.113.50", q=QUESTION)
        name, keep = keyed(view, "study-name"), labelled(view, "Save here")
        tab.set(keyed(view, "study-word"), string_value="word")
        views: list[View] = []
        for i in range(60):
            tab.set(name, string_value=f"Flood {i}")
            views += await press(tab, keep, 1)
        await tab.close()
        return views

    views = run(flood())
    often = said(views, "Progress was saved or loaded too often in this session: " + LATER.pattern)
    with sqlite3.connect(waiting.folder / "state" / "study.sqlite3") as file:
        kept = file.execute("SELECT COUNT(*) FROM student WHERE name LIKE 'Flood %'").fetchone()[0]
    file.close()
    assert kept == limits.KEEPING.session.most
    assert often == 60 - kept


def test_one_session_votes_once_whatever_tokens_it_makes(waiting: Served) -> None:
    rooms = Rooms(waiting.folder / "state" / "rooms.sqlite3")
    room, _ = rooms.open_room(QUESTION)

    async def flood() -> tuple[list[View], list[View]]:
        tab, view = await visit(waiting, "study", "203.0.113.20", room=room.code)
        about = next(w for w in view.widgets.values() if key_of(w) == "phone-token")
        radio = next(w for w in view.widgets.values() if key_of(w) == f"room-{room.code}")
        send = labelled(view, "Send my answer")
        tab.set(radio.id, string_value=radio.options[0])
        forged = [f"{i:022}.{i:022}" for i in range(50)]
        leaked = [rooms.new_token() for _ in range(50)]
        sent: list[list[View]] = []
        for tokens in (forged, leaked):
            views: list[View] = []
            for token in tokens:
                tab.set(about.id, json_value=json.dumps({"token": token}))
                views += await press(tab, send, 1)
            sent.append(views)
        await tab.close()
        return sent[0], sent[1]

    forged, leaked = run(flood())
    assert said(forged, "This phone has no token") == 50
    assert any(kind == "alert" and COUNTED in alert.body for kind, alert in leaked[0].elements)
    assert said(leaked, "Answers were sent too often in this session: " + LATER.pattern) == 49
    assert sum(rooms.counts(room.code).values()) == 1
    rooms.release()


def rooms_in(folder: Path) -> int:
    """How many rooms the server's file holds; none while no test has opened one."""
    with closing(sqlite3.connect(folder / "state" / "rooms.sqlite3")) as file:
        if not file.execute("SELECT 1 FROM sqlite_master WHERE name = 'room'").fetchone():
            return 0
        return int(file.execute("SELECT COUNT(*) FROM room").fetchone()[0])


def test_one_session_opens_few_rooms(waiting: Served) -> None:
    async def flood() -> list[View]:
        tab, view = await visit(waiting, "study", "203.0.113.30", q=QUESTION)
        views = await press(tab, labelled(view, "Open a room"), 60)
        await tab.close()
        return views

    before = rooms_in(waiting.folder)
    views = run(flood())
    assert rooms_in(waiting.folder) - before == limits.ROOMS.session.most
    assert said(views, "Rooms were opened too often in this session: " + LATER.pattern) == 50


def test_runs_are_queued_up_to_a_number_and_no_folder_is_left_of_the_others(
    waiting: Served,
) -> None:
    async def flood(ip: str) -> list[View]:
        tab, view = await visit(waiting, "train", ip, kind="gpt", preset="demo")
        views = await press(tab, labelled(view, "Start training"), 25)
        await tab.close()
        return views

    views = run(flood("203.0.113.40"))
    assert said(views, "Runs were started too often in this session: " + LATER.pattern) == 15
    others = [run(flood(f"203.0.113.{i}")) for i in range(41, 45)]
    runs = waiting.folder / "runs"
    assert len(list(runs.glob("*/spec.json"))) == limits.MAX_WAITING
    assert len([p for p in runs.iterdir() if p.is_dir() and p.name != ".queue"]) == 30
    assert said([view for views in others for view in views], "30 runs are already waiting") > 0
