"""The command `unrolled`: its options, a port in use, and the settings that its server has."""

import json
import os
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from dashboard import command
from tests.conftest import ROOT, alone

# Everything but serving: what streamlit would serve with, as JSON.
_SETTINGS = """
import json, sys
from streamlit import config
from streamlit.web import bootstrap
bootstrap.run = lambda script, *rest: print(json.dumps({
    "script": script,
    **{name: config.get_option(name) for name in sys.stdin.read().split()},
}))
from dashboard import command
command.main()
"""

# The same, until torch is imported where that has begun.
_AHEAD = """
import json, os, sys, threading
os.environ["MALLOC_ARENA_MAX"] = "2"
from core.system import libraries
from streamlit.web import bootstrap
libraries._idle = lambda: True
def run(*settings):
    importing = [one for one in threading.enumerate() if one.name == libraries.AHEAD]
    for one in importing: one.join()
    print(json.dumps({"ahead": bool(importing), "torch": "torch" in sys.modules}), file=sys.stderr)
bootstrap.run = run
from dashboard import command
command.main()
"""


def unrolled(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dashboard.command", *words],
        cwd=cwd, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def test_the_server_has_the_settings_of_the_file_wherever_it_is_started(tmp_path: Path) -> None:
    file = ROOT / "dashboard" / ".streamlit" / "config.toml"
    wanted = {
        f"{section}.{name}": value
        for section, table in tomllib.loads(file.read_text(encoding="utf-8")).items()
        for name, value in table.items()
        if not isinstance(value, dict)
    }
    ended = subprocess.run(
        [sys.executable, "-c", _SETTINGS, "--no-browser", "--port", "8642"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT), "MALLOC_ARENA_MAX": "2"},
        input="\n".join(wanted), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    settings = json.loads(ended.stdout.splitlines()[-1])
    assert Path(settings.pop("script")) == ROOT / "dashboard" / "app.py"
    assert settings == wanted


@pytest.mark.parametrize(("words", "ahead"), [(["--no-browser"], True), ([], False)])
def test_only_a_server_without_a_browser_imports_torch_before_its_first_page(
    words: list[str], ahead: bool
) -> None:
    assert json.loads(alone(_AHEAD, *words).splitlines()[-1]) == {"ahead": ahead, "torch": ahead}


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ([], [*command.HERE]),
        (["--name", "lab7"], [*command.HERE, "lab7"]),
        (["--host", "0.0.0.0"], ["*"]),
        (["--host", "0.0.0.0", "--name", "lab7"], [*command.HERE, "lab7"]),
    ],
)
def test_which_names_browsers_may_use(words: list[str], names: list[str]) -> None:
    options = command.server_options(command._parser().parse_args(words), 8501)
    pairs = list(zip(options[::2], options[1::2], strict=True))
    assert [value for name, value in pairs if name == "--server.allowedHosts"] == names


def test_a_port_in_use_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert port < command.free_port("127.0.0.1", port) < port + command.PORTS_TRIED


@pytest.mark.parametrize("host", ["203.0.113.7", "no such host.example"])
def test_an_address_of_another_machine_is_refused(host: str) -> None:
    with pytest.raises(OSError, match=r"Nothing can be served at the address .*127\.0\.0\.1\."):
        command.free_port(host, 8501)


@pytest.mark.parametrize("port", ["0", "65536", "x", "-1", "9" * 5000, "٣"])
def test_what_is_no_port_is_refused(port: str, tmp_path: Path) -> None:
    ended = unrolled(f"--port={port}", cwd=tmp_path)
    assert ended.returncode == 2
    assert "is no port: use a number from 1 to 65535." in ended.stderr


def test_the_other_commands_are_those_of_core(tmp_path: Path) -> None:
    for name in command.COMMANDS:
        ended = unrolled(name, "--help", cwd=tmp_path)
        assert ended.returncode == 0, ended.stderr
        assert f"core.{name}" in ended.stdout.splitlines()[0]
    assert unrolled("--help", cwd=tmp_path).stdout.startswith("usage: unrolled [")


def test_the_package_asks_for_what_is_pinned() -> None:
    """Every dependency of the package has a pin, and its range begins with that version."""
    pins = dict(
        line.split(";")[0].strip().split("==")
        for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    )
    about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {}
    for line in about["dependencies"]:
        name, low = line.split(";")[0].split(",")[0].replace("==", ">=").split(">=")
        asked[name] = low.removesuffix(".*").strip()
    assert asked.keys() == pins.keys()
    for name, low in asked.items():
        assert (pins[name] + ".").startswith(low + "."), name
