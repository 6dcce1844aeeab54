"""Export a lesson with its current settings: as a runnable notebook or as a plain script.

Each lesson is one script in lessons/ that imports only `core`, cut into cells by `# %%`. Only its
settings cell changes: every name there is a control of the page, and its value is replaced by a
literal of the same type, or stays at the default. An exercise (exercises/) has no settings, imports
torch alone and is run by the student, never here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

LESSONS = Path(__file__).resolve().parent / "lessons"
EXERCISES = Path(__file__).resolve().parent / "exercises"
MAX_TEXT = 500
_NAME = re.compile(r"[a-z]{1,20}")
_CELL = re.compile(r"^# %%(.*)$", re.M)

Value = str | int | float | bool


@cache
def exported() -> tuple[str, ...]:
    """The lessons that can be exported."""
    return tuple(sorted(path.stem for path in LESSONS.glob("*.py")))


def settings(lesson: str) -> dict[str, Value]:
    """The names in the settings cell of that lesson, and their defaults."""
    return {name: value for name, value, _ in _assignments(_source(lesson))}


def script(lesson: str, values: Mapping[str, object]) -> str:
    """The lesson as a Python script with these settings.

    Raises ValueError for a lesson that cannot be exported.
    """
    source = _source(lesson)
    lines = source.splitlines()
    for name, default, line in _assignments(source):
        if name in values:
            lines[line] = f"{name} = {_literal(values[name], default)!r}"
    return "\n".join(lines) + "\n"


def notebook(lesson: str, values: Mapping[str, object]) -> str:
    """The same as a Jupyter notebook (JSON)."""
    return as_notebook(script(lesson, values), lesson)


def exercise(name: str) -> str:
    """A script with classes to fill in and the cases that test them; it needs torch alone."""
    return (EXERCISES / f"{name}.py").read_text(encoding="utf-8")


def as_notebook(source: str, name: str) -> str:
    """A script of cells as a Jupyter notebook (JSON)."""
    import nbformat

    cells: list[Any] = []
    for kind, text in cells_of(source):
        identity = {"id": f"{name}-{len(cells)}"}
        if kind == "markdown":
            cells.append(nbformat.v4.new_markdown_cell(text, **identity))
        else:
            cells.append(nbformat.v4.new_code_cell(text, **identity))
    page = nbformat.v4.new_notebook(cells=cells)
    page.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    nbformat.validate(page)
    return str(nbformat.writes(page))


def cells_of(source: str) -> list[tuple[str, str]]:
    """("markdown" or "code", text) of each cell."""
    pieces = _CELL.split(source)[1:]
    cells = []
    for heading, body in zip(pieces[::2], pieces[1::2], strict=True):
        text = body.strip("\n")
        if "[markdown]" in heading:
            cells.append(("markdown", re.sub(r"^# ?", "", text, flags=re.M)))
        else:
            cells.append(("code", text))
    return cells


def _source(lesson: str) -> str:
    path = LESSONS / f"{lesson}.py"
    if not _NAME.fullmatch(lesson) or not path.is_file():
        raise ValueError(
            f"The lesson {lesson[:20]!r} cannot be exported: {', '.join(exported())} can."
        )
    return path.read_text(encoding="utf-8")


@lru_cache(maxsize=32)
def _assignments(source: str) -> tuple[tuple[str, Value, int], ...]:
    """(name, default, line index) of each assignment in the settings cell."""
    start = source.index("# %% settings")
    end = source.index("# %%", start + 4)
    first, last = source[:start].count("\n"), source[:end].count("\n")
    assignments = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and first < node.lineno - 1 < last:
            target = node.targets[0]
            assert isinstance(target, ast.Name)
            assignments.append((target.id, ast.literal_eval(node.value), node.lineno - 1))
    return tuple(assignments)


def _literal(value: object, default: Value) -> Value:
    """`value` as a literal of the default's type; the default for anything else."""
    if isinstance(default, bool):
        return value if isinstance(value, bool) else default
    if isinstance(default, str):
        return value if isinstance(value, str) and len(value) <= MAX_TEXT else default
    try:
        number = type(default)(str(value)) if isinstance(value, (int, float, str)) else default
    except ValueError:
        return default
    return number if abs(number) < 1e12 else default
