"""python -m tests.house.file_map: write the list of files in ARCHITECTURE.md.

Each line is the first line of the file itself, so the list says what the files say; in core and
dashboard the names that the file defines follow in brackets.
"""

import ast
import re
import subprocess
import tomllib
from functools import cache, lru_cache
from pathlib import Path

from tests.conftest import ROOT
from tests.house.arrows import ARROWS

MAP = ROOT / "ARCHITECTURE.md"
BEGIN, END = "<!-- files: python -m tests.house.file_map -->\n", "<!-- end of files -->\n"
TOPS = ("core", "dashboard", "pages", "benchmarks", "deploy", "tests")
# Data that only repeats a pattern: the folder stands for its files.
DATA = ("tests/fuzz/corpus", "benchmarks/histories", "benchmarks/results")
# The name of a function, of a method of a class, or of what is written with an arrow.
FUNCTION = re.compile(
    r"^ *(?:export )?(?:async )?function\*? (\w+)"
    r"|^  (?!if|for|while|switch|constructor)(\w+)\(.*\) {$"
    r"|^(?:export )?const (\w+) = .*=>",
    re.MULTILINE,
)
# The course's content, a file for each question and each lesson.
COURSE = ("core/study/questions/", "core/study/storylines/")
# Folders that are no packages, in a sentence each.
FOLDERS = {
    "core/study/questions": "The questions of the course, by their titles.",
    "core/study/storylines": "The beats of each lesson, and the sections that they show.",
    "deploy": "Scripts for installations: which torch, and a trial of the Dockerfile.",
    "core/study/handouts/exercises": "Classes that students fill in, and the cases that test them.",
    "core/study/handouts/lessons": "A script of cells for each lesson, downloaded as a notebook.",
    "pages": "A script for each lesson, read from top to bottom; nothing imports a page.",
}


def tracked() -> list[str]:
    """The files of the project that the list covers, as paths from its root."""
    listed = subprocess.run(
        ["git", "ls-files", *TOPS], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [path for path in listed if (ROOT / path).is_file() and not path.startswith(DATA)]


@lru_cache(1)  # the first line and the names of a file are asked for one after the other
def _parsed(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


@cache
def first_line(path: str) -> str:
    """What a file says of itself in its first line, without a final full stop."""
    text = (ROOT / path).read_text(encoding="utf-8")
    if path.startswith(COURSE):
        return str(tomllib.loads(text)["title"]).replace("|", "\\|")
    if path.endswith(".html"):
        return "The elements that the script beside it fills"
    if path.endswith(".py"):
        said = ast.get_docstring(_parsed(path)) or _notebook_title(text)
    else:
        said = re.sub(r"^ *(//|/\*|#|<!--|\*)|\*/|-->", "", text, flags=re.MULTILINE)
    return _whole_sentence(said.strip().splitlines()).rstrip(".:").replace("|", "\\|")


def _whole_sentence(lines: list[str]) -> str:
    """The first line, and where a sentence goes on below it, the rest of that sentence."""
    said = lines[0].strip() if lines else ""
    first = len(said)
    for line in map(str.strip, lines[1:]):
        if said.endswith((".", ":")) or not line or not line[0].islower():
            return said
        said += f" {line}"
        if end := re.search(r"\.(?= |$)", said[first:]):
            return said[: first + end.start()]
    return said


def defined(path: str) -> list[str]:
    """Public constants, functions and classes; a script's functions; the sections of beats."""
    text = (ROOT / path).read_text(encoding="utf-8")
    if path.endswith(".js"):
        return [name for names in FUNCTION.findall(text) for name in names if name]
    if path.startswith("core/study/storylines/"):
        states = [beat.get("state", {}) for beat in tomllib.loads(text)["beat"]]
        shown = [state.get("section") or state.get("try") for state in states]
        return [name for name in dict.fromkeys(shown) if name]
    names = []
    for node in _parsed(path).body if path.endswith(".py") else ():
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            names += [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and n.id.isupper()
                      and isinstance(n.ctx, ast.Store)]  # fmt: skip
    return [name for name in names if name[0] != "_"]


def _notebook_title(text: str) -> str:
    """The heading of a lesson to take away, whose first cell is Markdown."""
    return next((line[4:] for line in text.splitlines() if line.startswith("# # ")), "")


def written() -> str:
    """The whole list: a heading for each folder with what it may import, a line for each file."""
    lines: list[str] = []
    folder = None
    for path in sorted(tracked(), key=lambda p: (str(Path(p).parent), Path(p).name)):
        if str(Path(path).parent) != folder:
            folder = str(Path(path).parent)
            lines += _heading(folder)
        said = "" if path.endswith("__init__.py") else first_line(path)
        names = ", ".join(defined(path)) if path.startswith(("core/", "dashboard/")) else ""
        if said or names:
            said = f"{said} ({names})".lstrip() if names else said
            lines.append(f"- `{Path(path).name}`: {said}")
    return "\n".join(lines).lstrip("\n") + "\n"


def _heading(folder: str) -> list[str]:
    lines = ["", f"#### `{folder}/`", ""]
    if (ROOT / folder / "__init__.py").is_file() and (said := first_line(f"{folder}/__init__.py")):
        lines += [f"{said}.", ""]
    elif folder in FOLDERS:
        lines += [FOLDERS[folder], ""]
    room = folder.replace("/", ".")
    if room == "pages":
        lines += ["May import everything of core and dashboard but `dashboard.app`.", ""]
    elif room in ARROWS:
        may = ", ".join(
            f"`{arrow}`" for arrow in sorted(ARROWS[room]) if room.split(".")[0] in arrow
        )
        lines += [f"May import: {may or 'nothing of the project'}.", ""]
    return lines


def parts() -> tuple[str, str, str]:
    """ARCHITECTURE.md before the list, the list, and after it."""
    before, rest = MAP.read_text(encoding="utf-8").split(BEGIN)
    listed, after = rest.split(END)
    return before, listed, after


if __name__ == "__main__":
    before, _, after = parts()
    MAP.write_text(before + BEGIN + written() + END + after, encoding="utf-8")
