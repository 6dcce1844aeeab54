"""Every page shows an untrusted name character by character, in every place."""

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.study.question import own_files
from dashboard.components import tables
from dashboard.figures.layout import literal
from dashboard.study import room as study_room
from dashboard.training import run_table
from tests.conftest import ROOT
from tests.hostile import shown

VIT, GPT = {"reads": "pictures", "vit": "vit-evil"}, {"reads": "text", "model": "gpt-evil"}
PLACES = [
    ("vit", {"model": "vit-evil"}),
    ("patches", {"model": "vit-evil"}),
    ("attention", VIT),
    *[("heads", {**VIT, "try": part}) for part in (
        "switch heads off", "all heads measured", "layer by layer", "side by side")],
    *[("maps", {"model": "vit-evil", "try": part}) for part in (
        "one picture, six maps", "take patches away")],
    *[("versus", {"vit": "vit-evil", "data": "shapes", "compare": part}) for part in (
        "overfitting", "little data", "shifted", "where they look")],
    ("gpt", {"model": "gpt-evil"}),
    ("attention", GPT),
    *[("heads", {**GPT, "try": part}) for part in (
        "switch heads off", "layer by layer", "side by side", "the leak")],
    *[("decoding", {"model": "gpt-evil", "section": part}) for part in (
        "side by side", "what goes wrong", "epoch by epoch")],
    ("positions", {"table": "gpt-evil"}),
    *[("train", {"run": run, "see": part}) for run in ("vit-evil", "gpt-evil")
      for part in ("curves", "gradient", "text", "log")],
    ("runs", {"search": "evil"}),
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("evil") / "runs"
    made.mkdir()
    shown.models(made)
    return made


@pytest.fixture(autouse=True)
def runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNROLLED_RUNS", str(folder))
    monkeypatch.setattr("dashboard.vision.versus.PICTURES", 10)
    return folder


def opened(page: str, query: dict[str, str]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=120)
    app.query_params.update(query)
    app.run()
    assert not app.exception, [e.value for e in app.exception]
    return app


@pytest.mark.parametrize(
    ("page", "query"), PLACES, ids=["-".join([p, *q.values()]) for p, q in PLACES]
)
def test_no_name_becomes_markup(page: str, query: dict[str, str]) -> None:
    app = opened(page, query)
    assert shown.shows_names(app)
    assert shown.markup_in(app) == []


@pytest.mark.parametrize("ticked", [1, 2])
def test_the_title_of_a_selected_run_does_not_become_markup(
    ticked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    select = run_table.select
    monkeypatch.setattr(run_table, "select", lambda rows: (select(rows), rows[:ticked])[1])
    app = opened("runs", {})
    assert any(row.label == "Measure" for row in app.selectbox)
    assert shown.markup_in(app) == []


def test_answers_from_phones_do_not_become_markup() -> None:
    study_room.rooms.clear()
    room, secret = study_room.rooms().open_room("1b")
    for place in range(len(shown.NAMES)):
        study_room.rooms().answer(room.code, study_room.rooms().new_token(), shown.name(place))
    app = opened("study", {"room": room.code, "host": secret})
    assert shown.shows_names(app)
    assert shown.markup_in(app) == []


@pytest.mark.parametrize("name", [n for n in shown.NAMES if "evil.example" in n] + ["a@evil.com"])
def test_a_question_of_ones_own_has_no_links(name: str) -> None:
    file = (ROOT / "core/study/questions/1c.toml").read_text(encoding="utf-8")
    changed = file.replace('title = "The general sum"', f"title = '{name}'")
    assert changed != file
    known, said = own_files([("own.toml", changed.encode())])
    assert not known
    assert "holds a link, a picture or HTML" in said[0]


@pytest.mark.parametrize("name", shown.NAMES)
def test_a_downloaded_table_has_no_formula(name: str) -> None:
    frame = tables.without_formulas(
        pd.DataFrame({name: [name, "x"], "n": [1.5, -2.0]}, [name, "a"])
    )
    for text in (*frame.columns, *frame.index, *frame.iloc[:, 0]):
        assert text[0] not in "=+-@"
    assert frame["n"].tolist() == [1.5, -2.0]


def test_a_table_is_shown_through_one_function_alone() -> None:
    for folder in ("dashboard", "pages"):
        for path in (ROOT / folder).rglob("*.py"):
            if path.name != "tables.py":
                assert "st.dataframe(" not in path.read_text(encoding="utf-8"), path.name


def test_a_name_in_a_figure_is_its_letters() -> None:
    assert literal('<a href="x">&amp;</a>') == '&lt;a href="x"&gt;&amp;amp;&lt;/a&gt;'
