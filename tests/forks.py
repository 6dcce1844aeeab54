"""Programs that begin with libraries already imported, each in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Each line of its input is a program and where it runs; a child runs it, or where none can fork,
# the process itself. Ending as Python does would take a second: all that is loaded is taken apart.
FORKS = """
import importlib, json, os, sys, traceback
for name in sys.argv[1:]:
    importlib.import_module(name)
for line in sys.stdin:
    if child := getattr(os, "fork", int)():
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    program = json.loads(line)
    os.chdir(program["folder"])
    os.environ.update(program["environment"])
    for stream, file in enumerate((os.devnull, "printed.txt", "errors.txt")):
        os.dup2(os.open(file, os.O_RDWR | os.O_CREAT | os.O_TRUNC), stream)
    try:
        exec(program["code"], {"__name__": "__main__"})
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    sys.stdout.flush()
    os._exit(0)
"""


class Forks:
    """A process that has imported these libraries, and nothing else, and forks for each program."""

    def __init__(self, *libraries: str) -> None:
        self._libraries = libraries
        self._process = self._started()

    def run(self, code: str, folder: Path, **environment: str) -> str:
        """What the program prints, run in this folder; it must end well."""
        if self._process.poll() is not None:  # it could not fork
            self._process = self._started()
        assert self._process.stdin
        assert self._process.stdout
        program = {"code": code, "folder": str(folder), "environment": environment}
        self._process.stdin.write(json.dumps(program) + "\n")
        self._process.stdin.flush()
        ended = int(self._process.stdout.readline() or self._process.wait())
        errors = (folder / "errors.txt").read_text(encoding="utf-8")
        assert ended == 0, f"ended with {ended}: {errors[-2000:]}"
        return (folder / "printed.txt").read_text(encoding="utf-8")

    def end(self) -> None:
        """Ends the process, which has no more to do."""
        self._process.kill()
        self._process.communicate()

    def _started(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", FORKS, *self._libraries],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        )  # fmt: skip
