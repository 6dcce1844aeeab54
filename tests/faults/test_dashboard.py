"""What the dashboard bears: killed in a lesson, caches cleared without end, broken assets."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from dashboard.lessons import LESSONS
from tests.browser import server
from tests.conftest import ROOT
from tests.load.__main__ import process_on
from tests.load.client import Tab, View, key_of
from tests.load.loop import run
from tests.load.room import shown


def control(view: View, key: str) -> tuple[str, str]:
    """The id of the linked control `key`, and what it stands at."""
    kind, widget = next((k, w) for k, w in view.elements if k != "button" and key_of(w) == key)
    return widget.id, shown(kind, widget)


@pytest.fixture(scope="module")
def after_a_kill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a dashboard whose predecessor was killed while somebody was in a lesson."""

    async def lesson(address: str) -> None:
        tab = Tab(address, "rnn")
        place, before = control(await tab.open(), "T")
        assert before == "3"
        await tab.change(place, double_array_value=[5.0])
        process_on(address).kill()
        await tab.cut()

    folder = tmp_path_factory.mktemp("killed")
    with server.dashboard(folder) as address:
        run(lesson(address))
    with server.dashboard(folder) as address:
        yield address


def test_killed_in_a_lesson_the_next_dashboard_opens_it_from_its_link(after_a_kill: str) -> None:
    async def again(address: str) -> None:
        tab = Tab(address, "rnn", {"T": "5"})
        view = await tab.open()
        assert control(view, "T")[1] == "5"
        assert not view.errors
        await tab.close()

    run(again(after_a_kill))


def test_clearing_the_caches_again_and_again_breaks_no_page(after_a_kill: str) -> None:
    async def clear(address: str, over: asyncio.Event) -> None:
        tab = Tab(address, "study")
        await tab.open()
        while not over.is_set():
            await tab.send(BackMsg(clear_cache=True))
            await asyncio.sleep(0.25)
        await tab.cut()

    async def learn(address: str) -> None:
        over = asyncio.Event()
        vandal = asyncio.create_task(clear(address, over))
        for name in ("gpt", "vit", "positions", "decoding"):
            tab = Tab(address, name)
            views = [await tab.open(), *[await tab.rerun() for _ in range(3)]]
            assert [v.errors + v.exceptions for v in views] == [[]] * 4, name
            await tab.close()
        over.set()
        await vandal

    run(learn(after_a_kill))


@pytest.fixture
def broken_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project whose shipped models are missing, cut short, or not what they were."""
    copy = tmp_path / "project"
    copy.mkdir()
    for name in ("core", "dashboard", "pages", "assets"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    assets = copy / "assets"
    for weights in (assets / "gpt-grammar").glob("checkpoints/*.safetensors"):
        weights.write_bytes(weights.read_bytes()[:1000])
    (assets / "gpt-shakespeare" / "vocab.json").write_text("{", encoding="utf-8")
    (assets / "vit-cifar10" / "spec.json").write_text("not JSON", encoding="utf-8")
    for about in (assets / "vit-shapes").glob("checkpoints/*.json"):
        about.unlink()
    shutil.rmtree(assets / "measurements")
    monkeypatch.setattr(server, "ROOT", copy)
    return copy


def test_broken_assets_are_named_and_every_page_answers(
    broken_project: Path, tmp_path: Path
) -> None:
    async def look(address: str) -> dict[str, View]:
        views = {}
        for lesson in LESSONS:
            tab = Tab(address, "" if lesson.name == "home" else lesson.name)
            views[lesson.name] = await tab.open()
            await tab.close()
        return views

    with server.dashboard(tmp_path) as address:
        views = run(look(address))
    for name, view in views.items():
        assert not view.exceptions, (name, view.exceptions)
        assert len(view.errors) <= 1, (name, view.errors)
        assert not any("stopped this page" in error for error in view.errors), name
        assert any(kind == "heading" for kind, _ in view.elements), name
    for name in ("rnn", "train", "runs", "study"):
        assert not views[name].errors, "a page that needs no shipped model works as ever"
    said = " ".join(views["gpt"].errors).replace("\\", "")
    assert "vocab.json" in said or "is damaged" in said
