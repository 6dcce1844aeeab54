"""Imports point one way, core ← dashboard ← pages, and a first paint does not wait for torch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

FORBIDDEN = {
    "core": {"streamlit", "plotly", "dashboard", "pages"},
    "dashboard": {"pages"},
    "pages": {"pages"},
}
TORCH_FREE_PAGES = ["home", "rnn", "positions", "study"]


def modules_of(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported_by(file: Path) -> set[str]:
    """The top-level names a file imports anywhere, inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute here"
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("package", FORBIDDEN)
def test_imports_point_one_way(package: str) -> None:
    files = modules_of(package)
    assert files, f"{package} is empty"
    for file in files:
        outward = imported_by(file) & FORBIDDEN[package]
        assert not outward, f"{file.relative_to(ROOT)} imports {outward}"


def test_figures_do_not_know_streamlit() -> None:
    for file in modules_of("dashboard/figures"):
        assert "streamlit" not in imported_by(file), file.name


def test_core_imports_nothing_by_itself() -> None:
    assert imported_by(ROOT / "core" / "__init__.py") == set()


@pytest.mark.parametrize("name", TORCH_FREE_PAGES)
def test_first_paint_does_not_load_torch(name: str) -> None:
    page = ROOT / "pages" / f"{name}.py"
    if not page.is_file():
        pytest.skip(f"there is no page {name} yet")
    code = (
        "import sys; from streamlit.testing.v1 import AppTest;"
        f"at = AppTest.from_file({str(page)!r}, default_timeout=30).run();"
        "assert not at.exception, at.exception; assert at.title, 'the page has no heading';"
        "sys.exit('torch was loaded' if 'torch' in sys.modules else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
