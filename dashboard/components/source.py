"""The source of a function or class, read from its file without running it."""

import ast
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 200  # characters of a dotted name


@dataclass(frozen=True)
class Source:
    """path: relative to the project; line: the first line of `text`."""

    path: str
    line: int
    text: str


def read_source(what: Callable[..., object] | str) -> Source:
    """The source of an object, or of a dotted name such as "core.attention.AttentionHead.forward".

    A name that another file re-exports, such as "core.decoding.nucleus", is followed to its own.

    Errors: ValueError when the project has no such name.
    """
    if isinstance(what, str):
        return _read_named(what)
    inner = inspect.unwrap(what)
    return _read_named(f"{inner.__module__}.{inner.__qualname__}")


@lru_cache(maxsize=256)
def _read_named(name: str) -> Source:
    parts = name.split(".")
    if len(name) > LONGEST or not all(part.isidentifier() for part in parts):
        raise ValueError(f"{name[:60]!r} is not the name of a function or class.")
    for cut in range(len(parts) - 1, 0, -1):
        base = ROOT.joinpath(*parts[:cut])
        for file in (base.with_suffix(".py"), base / "__init__.py"):
            if file.is_file():
                return _find(file, parts[cut:], name)
    raise ValueError(f"The project has no module for {name!r}.")


def _find(file: Path, inside: list[str], name: str) -> Source:
    text = file.read_text(encoding="utf-8")
    node: Any = ast.parse(text)
    defined = any(getattr(n, "name", "") == inside[0] for n in node.body)
    for imported in () if defined else ast.walk(node):
        if isinstance(imported, ast.ImportFrom) and inside[0] in {n.name for n in imported.names}:
            return _read_named(".".join([str(imported.module), *inside]))
    for part in inside:
        node = next((n for n in getattr(node, "body", []) if getattr(n, "name", "") == part), None)
        if node is None:
            raise ValueError(f"{file.relative_to(ROOT)} has no {part!r} (asked for {name!r}).")
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    lines = text.splitlines()[first - 1 : node.end_lineno]
    return Source(str(file.relative_to(ROOT).as_posix()), first, inspect.cleandoc("\n".join(lines)))
