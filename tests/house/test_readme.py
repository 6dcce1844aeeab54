"""Every command, link, path, page and function that the documentation names exists."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest

from dashboard import controls, lessons, state
from dashboard.components import page
from tests.conftest import ROOT

DOCUMENTS = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"]


@pytest.fixture(params=DOCUMENTS)
def document(request: pytest.FixtureRequest) -> str:
    return (ROOT / request.param).read_text(encoding="utf-8")


def targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


def test_every_make_target_exists(document: str) -> None:
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", document, re.MULTILINE))
    assert named
    assert named <= targets()


def test_every_python_module_exists(document: str) -> None:
    for module in re.findall(r"python -m ((?:core|dashboard|benchmarks)[\w.]*)", document):
        assert importlib.util.find_spec(module), module


def test_every_link_inside_the_project_leads_somewhere(document: str) -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", document):
        if "://" not in link:
            assert (ROOT / link).exists(), link


def test_every_path_named_exists(document: str) -> None:
    examples = {"core/layer_norm.py", "pages/layer_norm.py", "tests/test_layer_norm.py"}
    examples |= {"dashboard/figures/layer_norm.py", "tests/test_*.py", "benchmarks/"}
    for path in re.findall(
        r"`((?:core|dashboard|pages|tests|assets|benchmarks)/[^`\s]*)`", document
    ):
        file, _, test = path.partition("::")
        assert path in examples or (ROOT / file).exists(), path
        if test:
            assert f"def {test}" in (ROOT / file).read_text(encoding="utf-8"), path


def test_every_promise_names_its_test() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.split("## What is promised")[1].split("\n## ")[0]
    promises = [line for line in table.splitlines() if line.startswith("| ")][2:]
    assert len(promises) >= 10
    for promise in promises:
        assert "`tests/" in promise.split(" | ")[-1], promise


def test_every_command_line_file_exists() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in re.findall(r"(?:run|-r) ([\w/.]+\.(?:py|txt))", readme):
        assert (ROOT / name).is_file(), name


def test_the_python_in_the_readme_is_importable_names() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    assert blocks
    for block in blocks:
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom):
                source = ROOT / Path(*str(node.module).split("."))
                file = source / "__init__.py" if source.is_dir() else source.with_suffix(".py")
                tree = ast.parse(file.read_text(encoding="utf-8"))
                defined = {getattr(item, "name", None) for item in tree.body}
                assert {alias.name for alias in node.names} <= defined


def test_every_shared_call_in_the_guide_exists() -> None:
    guide = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    homes = {"page": page, "controls": controls, "state": state}
    for home, name in re.findall(r"`(page|controls|state)\.(?!py\b)(\w+)", guide):
        assert callable(getattr(homes[home], name)), f"{home}.{name}"


def test_the_tour_is_the_menu() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    tour = readme.split("## A tour")[1].split("##")[0]
    named = {row.split("|")[1].strip() for row in tour.splitlines() if row.startswith("| ")}
    titles = {lesson.title for lesson in lessons.LESSONS}
    assert named - {"page", "---"} == titles


def test_versions_in_the_readme_are_the_pinned_ones() -> None:
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8").split()
    shown = re.findall(r"[a-z]+==[\d.]+", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert shown
    assert set(shown) <= set(pins)
