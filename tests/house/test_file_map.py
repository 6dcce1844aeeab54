"""ARCHITECTURE.md lists every folder and every file, in the words of the files themselves."""

import re

from tests.conftest import ROOT
from tests.house import file_map


def test_the_list_is_what_the_files_say() -> None:
    assert file_map.parts()[1] == file_map.written(), "python -m tests.house.file_map"


def test_every_file_says_what_it_is() -> None:
    for path in file_map.tracked():
        if path.endswith((".py", ".js", ".cpp")) and not path.startswith("tests/"):
            empty = not (ROOT / path).read_text(encoding="utf-8").strip()
            assert empty or len(file_map.first_line(path)) > 8, path


def test_no_folder_holds_more_than_can_be_overlooked() -> None:
    folders: dict[str, int] = {}
    for path in file_map.tracked():
        is_code = path.startswith(("core/", "dashboard/")) and not path.startswith(file_map.COURSE)
        if is_code and not path.endswith("__init__.py"):
            folder = path.rsplit("/", 1)[0]
            folders[folder] = folders.get(folder, 0) + 1
    assert {folder: n for folder, n in folders.items() if n > 17} == {}


def test_every_change_named_leads_to_a_file() -> None:
    guide = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split("## I want to")[1]
    rows = [line for line in guide.split("\n## ")[0].splitlines() if line.startswith("| … ")]
    assert len(rows) >= 20
    for row in rows:
        paths = re.findall(r"`([\w./-]+)`", row.split(" | ")[-1])
        assert paths, row
        assert all((ROOT / path).exists() for path in paths), row
