"""`make run` sets up its environment: a new one, a half-made one, and one that is whole."""

import shutil
import subprocess
from pathlib import Path

import pytest

from dashboard import style
from tests.conftest import ROOT

# Python as make calls it: writes down its words, and a virtual environment is a copy of itself.
FAKE = """#!/bin/sh
echo "$@" >> "{log}"
if [ "$2" = venv ]; then
  for last; do :; done
  mkdir -p "$last/bin" && cp "$0" "$last/bin/python"
fi
"""


needs_make = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


@needs_make
@pytest.mark.parametrize(
    ("state", "made"),
    [("new", ["-m venv  {venv}"]), ("interrupted", ["-m venv --clear {venv}"]), ("whole", [])],
)
def test_an_environment_is_made_once_and_repaired(
    state: str, made: list[str], tmp_path: Path
) -> None:
    venv, log, python = tmp_path / "venv", tmp_path / "log", tmp_path / "python"
    python.write_text(FAKE.format(log=log), encoding="utf-8")
    python.chmod(0o755)
    if state != "new":
        (venv / "bin").mkdir(parents=True)
        (venv / "pyvenv.cfg").touch()
    if state == "whole":
        shutil.copy(python, venv / "bin" / "python")
    subprocess.run(
        ["make", f"PYTHON={python}", f"VENV={venv}", f"{venv}/.installed"],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    words = log.read_text(encoding="utf-8").splitlines()
    found = [" ".join(line.split()) for line in words if line.startswith("-m venv")]
    assert found == [" ".join(line.format(venv=venv).split()) for line in made]
    assert words[-2] == "deploy/get_torch.py"
    assert words[-1].startswith("-m pip install ")
    assert (venv / ".installed").exists()


@needs_make
def test_make_run_starts_the_command_that_a_package_has() -> None:
    words = [
        "make",
        "--no-print-directory",
        "-n",
        "-o",
        ".venv/.installed",
        "run",
        "NAMES=lab7 lab8",
        "PORT=8600",
    ]
    said = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    wanted = "-m dashboard.command --host 127.0.0.1 --port 8600 --name lab7 --name lab8"
    assert " ".join(said.split()[1:]) == wanted


def test_an_old_browser_is_told_so() -> None:
    """What only new browsers know is asked for, and is what the style sheet stands on."""
    assert "@supports not (color: light-dark(black, white))" in style._CSS
    assert "This browser is too old to show everything here: update it" in style._CSS
    assert style._CSS.count("light-dark(") > 1
