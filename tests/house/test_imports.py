"""Imports follow one table of arrows, without circles; listing runs loads no torch."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT, alone
from tests.house.arrows import ARROWS, COURSE

OUTSIDE = {
    "core": {"streamlit", "plotly"},
    "core.runs": {"torch", "torchvision"},
    "core.run_files": {"torch", "torchvision"},
    "core.config": {"torch", "torchvision"},
    "dashboard.figures": {"streamlit", "torch"},
    "dashboard.palette": {"streamlit", "plotly"},
}
HANDED_OUT = "core.study.handouts."  # programs that students take with them; they draw figures


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {
    module_name(file): file
    for top in ("core", "dashboard", "pages")
    for file in sorted((ROOT / top).rglob("*.py"))
}


def room_of(module: str) -> str:
    first, *rest = module.split(".")
    if first == "pages" or not rest:
        return first
    return "core.course" if first == "core" and rest[0] in COURSE else f"{first}.{rest[0]}"


@cache
def imports_of(module: str) -> set[str]:
    """All modules that a module imports, inside functions too; packages by their name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module, f"{module}: imports are absolute here"
            full = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in FILES else node.module for name in full}
    return found


def reached(start: str) -> set[str]:
    """All modules of the project that importing `start` loads, through any number of others."""
    seen, waiting = {start}, [start]
    while waiting:
        for module in imports_of(waiting.pop()) & FILES.keys() - seen:
            seen.add(module)
            waiting.append(module)
    return seen


def test_every_room_is_in_the_table() -> None:
    rooms = {room_of(module) for module in FILES} - {"core", "dashboard"}
    assert rooms == set(ARROWS)


@pytest.mark.parametrize("room", sorted(ARROWS))
def test_a_room_imports_only_what_the_table_allows(room: str) -> None:
    for module in (m for m in FILES if room_of(m) == room):
        others = {room_of(m) for m in imports_of(module) & FILES.keys()}
        others -= {room, "core", "dashboard"}
        assert others <= ARROWS[room], f"{module} imports {others - ARROWS[room]}"


def test_the_table_has_no_circle() -> None:
    rest = {room: set(tos) for room, tos in ARROWS.items()}
    while rest:
        free = [room for room, tos in rest.items() if not tos & rest.keys()]
        assert free, f"a circle among {sorted(rest)}"
        for room in free:
            del rest[room]


def test_no_module_imports_itself_through_others() -> None:
    for module in FILES:
        for imported in imports_of(module) & FILES.keys():
            assert module not in reached(imported), f"{module} and {imported} import each other"


@pytest.mark.parametrize("room", sorted(OUTSIDE))
def test_a_room_does_not_import_these_packages(room: str) -> None:
    rooms = (m for m in FILES if f"{m}.".startswith(f"{room}.") and not m.startswith(HANDED_OUT))
    for module in rooms:
        outward = {name.split(".")[0] for name in imports_of(module)} & OUTSIDE[room]
        assert not outward, f"{module} imports {outward}"


def test_figures_reach_no_streamlit_through_any_module() -> None:
    for module in (m for m in FILES if m.startswith("dashboard.figures")):
        for other in reached(module):
            packages = {name.split(".")[0] for name in imports_of(other)}
            assert "streamlit" not in packages, (module, other)


def test_core_imports_nothing_by_itself() -> None:
    assert imports_of("core") == set()


def test_runs_load_no_torch() -> None:
    """The whole room imported in a process of its own: listing runs waits for no torch."""
    rooms = [m for m in FILES if m.startswith(("core.runs", "core.run_files", "core.config"))]
    code = f"import sys; import {', '.join(m for m in rooms if '__main__' not in m)};"
    code += "sys.exit('torch was loaded' if 'torch' in sys.modules else 0)"
    alone(code)
