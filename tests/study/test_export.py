"""Lessons to take away: scripts and notebooks that run as they are, with core alone."""

import ast
import json
from pathlib import Path

import nbformat
import pytest
from streamlit.testing.v1 import AppTest

from core.study.handouts.export import cells_of, exported, notebook, script, settings
from dashboard import lessons
from dashboard.state import SETTINGS
from tests.forks import Forks

OTHER = {
    "rnn": {"T": 4, "matrix": "Scaled rotation", "rho": 1.1},
    "gpt": {"prompt": "QUEEN:\n", "way": "nucleus", "length": 5, "seed": 7, "layer": 2},
    "decoding": {"length": 10, "tokens": 20},
    "attention": {"layer": 2, "head": 2, "query": 2, "key": 0},
    "patches": {"side": 8, "tune": "C E G"},
    "positions": {"dim": 32, "t": 3, "i": 2},
    "vit": {"picture": 1},
    "maps": {"picture": 5},
    "versus": {},
    "heads": {},
}


def run(with_torch: Forks, folder: Path, **files: str) -> str:
    """Run them in a process that has torch and Plotly; UNROLLED_RUNS is an empty folder."""
    for name, code in files.items():
        (folder / f"{name}.py").write_text(code, encoding="utf-8")
    runner = f"import runpy\nfor name in {list(files)!r}: runpy.run_path(name + '.py')"
    return with_torch.run(runner, folder, UNROLLED_RUNS=str(folder / "runs"))


def test_every_exported_lesson_is_a_lesson():
    assert len(exported()) >= 10
    assert set(OTHER) == set(exported())
    assert all(lessons.by_name(name) for name in exported())


@pytest.mark.parametrize("lesson", exported())
def test_script_and_notebook_run(lesson, tmp_path, with_torch):
    """The script with its defaults, the notebook's cells in turn with other settings.

    What has no other settings is the same program twice, and runs once.
    """
    page = nbformat.reads(notebook(lesson, OTHER[lesson]), as_version=4)
    nbformat.validate(page)
    assert page.cells[0].cell_type == "markdown"
    code = "\n\n".join(cell.source for cell in page.cells if cell.cell_type == "code")
    for name, value in OTHER[lesson].items():
        assert f"{name} = {value!r}" in code
    files = {"script": script(lesson, {}), "notebook": code}
    same = len({ast.dump(ast.parse(text)) for text in files.values()}) == 1
    assert same == (not OTHER[lesson])
    printed = run(with_torch, tmp_path, **dict(list(files.items())[same:]))
    assert len(printed) > 120
    figure = (tmp_path / f"{lesson}.html").read_text(encoding="utf-8")
    assert "Plotly.newPlot" in figure
    assert 'src="http' not in figure  # it opens without a network


@pytest.mark.parametrize("lesson", exported())
def test_a_script_uses_core_and_nothing_of_the_dashboard(lesson):
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(script(lesson, {})))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in (
            [node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
        )
    }
    assert imported <= {"core", "torch", "numpy", "plotly"}
    assert "core" in imported


def test_the_same_settings_give_the_same_file():
    assert notebook("rnn", {"T": 5}) == notebook("rnn", {"T": 5})
    assert json.loads(notebook("rnn", {}))["nbformat"] == 4


@pytest.mark.parametrize(
    "value",
    ["'); import os; os.system('id') #", "\n\nraise SystemExit", "x" * 501, 1e99, None, [1], "²"],
)
def test_a_setting_is_always_a_literal(value):
    for lesson in exported():
        for name, default in settings(lesson).items():
            text = script(lesson, {name: value, "os": value, "__import__": value})
            assert ast.dump(ast.parse(text)).count("Call(") == ast.dump(
                ast.parse(script(lesson, {}))
            ).count("Call(")
            scope: dict[str, object] = {}
            code = next(body for kind, body in cells_of(text) if kind == "code")
            exec(code, {}, scope)  # the settings cell: assignments of literals only
            assert type(scope[name]) is type(default)


def test_an_unknown_lesson_is_refused_by_name():
    for name in ("home", "../export", ""):
        with pytest.raises(ValueError, match="cannot be exported"):
            script(name, {})


QUERIES = {  # where a page draws the controls of its settings
    "rnn": ({}, {"section": "Eigenvalues and decay"}),
    "gpt": ({"way": "nucleus"}, {"way": "top-k"}, {"section": "Where it looks"}),
    "decoding": ({}, {"section": "the KV cache"}),
    "patches": ({}, {"feed": "a sound"}),
    "versus": ({"compare": "shifted"},),
}


@pytest.mark.parametrize("lesson", exported())
def test_every_setting_is_a_control_that_the_page_notes(lesson: str) -> None:
    noted: dict[str, object] = {}
    for query in QUERIES.get(lesson, ({},)):
        app = AppTest.from_file(str(lessons.by_name(lesson).path), default_timeout=120)
        for key, value in query.items():
            app.query_params[key] = value
        app.run()
        assert not app.exception
        noted |= app.session_state[SETTINGS][""]
    assert set(settings(lesson)) <= set(noted)


def test_a_script_has_what_the_page_shows_not_what_a_link_asked_for() -> None:
    app = AppTest.from_file(str(lessons.by_name("gpt").path), default_timeout=120)
    app.query_params["length"] = "9999"
    app.run()
    app.text_area[0].set_value("QUEEN: Why").run()
    made = script("gpt", app.session_state[SETTINGS][""])
    assert "length = 40\n" in made
    assert "prompt = 'QUEEN: Why'\n" in made
