"""The sources run on Linux, macOS and Windows: file names, line ends, encodings, system calls."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath

import pytest

from tests.conftest import ROOT

PRODUCT = [
    path for room in ("core", "dashboard", "pages") for path in sorted((ROOT / room).rglob("*.py"))
]
# What some system lacks, and the modules that have a branch for it.
LACKING = {
    "os": {
        *("execv", "fork", "getegid", "geteuid", "getgid", "getpgid", "getpriority", "getsid"),
        *("getuid", "killpg", "mkfifo", "nice", "pread", "pwrite", "sched_getaffinity", "setsid"),
        *("statvfs", "sysconf", "uname"),
    },
    "signal": {"SIGALRM", "SIGCONT", "SIGHUP", "SIGKILL", "SIGQUIT", "SIGSTOP", "SIGUSR1", "alarm"},
}
MODULES = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
BRANCHES = {
    "core/compiled/build.py": {"geteuid"},  # no kernel is built on Windows
    "core/runs/process.py": {"sysconf"},  # after /proc
    "core/system/processes.py": {"getsid", "killpg"},
    "core/training/timing_trial.py": {"resource"},
    "dashboard/command.py": {"execv"},  # on Linux only
}


NAMES = "|".join(name for names in LACKING.values() for name in sorted(names))
USE = re.compile(rf"\b(?:os|signal)\.({NAMES})\b")
IMPORT = re.compile(rf"^(?:import|from) ({'|'.join(sorted(MODULES))})\b", re.MULTILINE)
LATE_IMPORT = re.compile(IMPORT.pattern.replace("^", r"^\s*"), re.MULTILINE)


def source(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_what_a_system_lacks_is_used_only_where_there_is_a_branch() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): {*USE.findall(text), *LATE_IMPORT.findall(text)}
        for path in PRODUCT
        if (text := source(path))
    }
    assert {name: names for name, names in found.items() if names} == BRANCHES


def test_no_test_fails_to_load_on_another_system() -> None:
    for room in ("tests", "benchmarks"):
        for path in (ROOT / room).rglob("*.py"):
            assert not IMPORT.search(source(path)), (
                f"{path}: use pytest.importorskip, or import it where it is used"
            )


OPENS = re.compile(r"\b(?:open|read_text|write_text)\(")


def text_calls(path: Path) -> Iterator[tuple[int, bool, set[str]]]:
    """(line, whether it writes, names of arguments) of every call that opens a file as text."""
    text = source(path)
    for node in ast.walk(ast.parse(text)) if OPENS.search(text) else ():
        if not isinstance(node, ast.Call):
            continue
        name = (
            node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        )
        given = {word.arg or "**" for word in node.keywords}
        if name in ("read_text", "write_text"):
            yield node.lineno, name == "write_text", given
        elif isinstance(node.func, ast.Name) and name == "open":
            mode = ast.unparse(node.args[1]) if len(node.args) > 1 else "'r'"
            if "b" not in mode:
                yield node.lineno, mode != "'r'", given


def test_text_has_the_same_encoding_and_line_ends_everywhere() -> None:
    missing = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in PRODUCT
        for line, writes, given in text_calls(path)
        if not {"encoding", *(["newline"] if writes else [])} <= given
    ]
    assert missing == []


def tracked() -> list[str]:
    command = ["git", "-c", "core.quotepath=off", "ls-files"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no checkout")
    return done.stdout.splitlines()


def test_every_file_can_be_checked_out_everywhere() -> None:
    names = tracked()
    assert len({name.lower() for name in names}) == len(names)  # folders may ignore case
    for name in names:
        assert not set(name) & set('<>:"|?*\\'), name
        assert not any(part.endswith((".", " ")) for part in name.split("/")), name
        assert PureWindowsPath(name).stem.lower() not in ("con", "prn", "aux", "nul"), name
        assert len(name) < 120, name  # of 260, with the folder that the checkout is in


def test_files_have_the_bytes_that_their_checksums_name() -> None:
    """Git on Windows writes other line ends, unless it is told not to."""
    assert (ROOT / ".gitattributes").read_text(encoding="utf-8") == "* text=auto eol=lf\n"


def test_the_workflow_calls_what_make_calls_where_there_is_no_make() -> None:
    workflow = (ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    unix, _, windows = workflow.partition("\n  windows:\n")
    assert re.search(r"^ {6}PYTHON: python3\b", unix, re.MULTILINE)  # make would take the system's
    for target in ("lint", "test"):
        recipe = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
        assert recipe
        for line in recipe[1].splitlines():
            module = re.search(r"-m [\w.]+(?: check \.| format --check \.| --install)?", line)
            assert module
            assert f"python {module[0]}" in windows
        assert f"- run: make {target}\n" in workflow
    used = re.findall(r"uses: (\S+)", workflow)
    assert used
    assert all(re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", action) for action in used)
    assert "secrets" not in workflow
