"""python -m tests.house.file_map: write the list of files in ARCHITECTURE.md.

Each line is the first line of the file's own docstring, so the list says what the files say.
"""

import ast
import subprocess
from pathlib import Path

from tests.conftest import ROOT
from tests.house.arrows import ARROWS

MAP = ROOT / "ARCHITECTURE.md"
BEGIN, END = "<!-- files: python -m tests.house.file_map -->\n", "<!-- end of files -->\n"
TOPS = ("core", "dashboard", "pages", "benchmarks", "tests")
# Data that only repeats a pattern: the folder stands for its files.
DATA = ("tests/fuzz/corpus", "benchmarks/histories", "benchmarks/results", "core/study/questions",
        "core/study/storylines")  # fmt: skip


def tracked() -> list[str]:
    """The files of the project that the list covers, as paths from its root."""
    listed = subprocess.run(
        ["git", "ls-files", *TOPS], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [path for path in listed if (ROOT / path).is_file() and not path.startswith(DATA)]


def first_line(path: str) -> str:
    """What a file says of itself in its first line, without a final full stop."""
    text = (ROOT / path).read_text(encoding="utf-8")
    if path.endswith(".py"):
        said = ast.get_docstring(ast.parse(text)) or _notebook_title(text)
    else:
        said = text.splitlines()[0].lstrip("/#*<!- ") if text else ""
    return said.split("\n")[0].rstrip(".").replace("|", "\\|")


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
        if not path.endswith("__init__.py"):
            lines.append(f"- `{Path(path).name}`: {first_line(path)}")
    return "\n".join(lines).lstrip("\n") + "\n"


def _heading(folder: str) -> list[str]:
    lines = ["", f"#### `{folder}/`", ""]
    if (ROOT / folder / "__init__.py").is_file() and (said := first_line(f"{folder}/__init__.py")):
        lines += [f"{said}.", ""]
    room = folder.replace("/", ".")
    if room in ARROWS:
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
