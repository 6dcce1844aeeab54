"""Every page opens alone and through the router, with one heading, no exception and no error."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.models import zoo
from dashboard import lessons, state
from tests.conftest import ROOT

PAGES = sorted((ROOT / "pages").glob("*.py"))


def run(path: Path, query: dict[str, str] | None = None) -> AppTest:
    app = AppTest.from_file(str(path), default_timeout=120)
    for name, value in (query or {}).items():
        app.query_params[name] = value
    return app.run()


def check(app: AppTest) -> None:
    assert not app.exception, [e.value for e in app.exception]
    assert not app.error, [e.value for e in app.error]
    assert len(app.title) == 1, "a page has exactly one h1"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_a_page_opens_alone(page: Path) -> None:
    check(run(page))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_a_page_opens_through_the_router(page: Path) -> None:
    app = run(ROOT / "dashboard" / "app.py")
    check(app)
    app.switch_page(f"../pages/{page.name}").run()
    check(app)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_a_page_opens_for_the_lecturer(page: Path) -> None:
    check(run(page, {"mode": "present"}))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_a_page_is_in_the_table_and_short_enough_to_read(page: Path) -> None:
    assert lessons.by_name(page.stem).path == page
    assert len(page.read_text(encoding="utf-8").splitlines()) <= 150


def test_home_has_a_line_for_every_lesson() -> None:
    shown = run(ROOT / "pages" / "home.py")
    said = {text.value for text in shown.caption}
    assert {lesson.line for lesson in lessons.LESSONS if lesson.name != "home"} <= said


def test_the_router_is_short() -> None:
    lines = (ROOT / "dashboard" / "app.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 40


def test_an_unknown_lesson_is_refused_in_one_sentence() -> None:
    with pytest.raises(
        ValueError, match="There is no lesson 'knitting'; there are home, study, rnn"
    ):
        lessons.by_name("knitting")


def test_home_survives_a_damaged_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = tmp_path / "gpt-grammar"
    shutil.copytree(zoo.ASSETS / "gpt-grammar", damaged)
    for weights in damaged.glob("checkpoints/*.safetensors"):
        weights.write_bytes(weights.read_bytes()[:-1])
    monkeypatch.setattr(zoo, "ASSETS", tmp_path)
    state.numpy_gpt.clear()
    app = run(ROOT / "pages" / "home.py")
    assert not app.exception
    assert ["is damaged" in error.value for error in app.error] == [True]
    assert [header.value for header in app.header] == ["All lessons"]
