"""python -m core.runs pack|unpack: a run as a zip and back, of any size the checks allow.

The page does the same within the limits of an upload.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from core.run_files.directory import RUN_ID, RunDirectory, runs_folder
from core.runs import archive
from core.system.command import exit_status, typed


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0, or 1 after one sentence about the error."""
    top = argparse.ArgumentParser(prog=typed("runs"), description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    out = commands.add_parser("pack", help="write a run of the runs folder as a zip")
    out.add_argument("run", help="its id")
    out.add_argument("zip", type=Path)
    into = commands.add_parser(
        "unpack", help="import a zip into the runs folder, with every file checked"
    )
    into.add_argument("zip", type=Path)
    options = top.parse_args(arguments)
    return exit_status(lambda: print(_run(options)))


def _run(options: argparse.Namespace) -> Path:
    """Returns the folder or the zip that was made."""
    if options.command == "unpack":
        with options.zip.open("rb") as file:
            return archive.unpack(file).path
    run = RunDirectory(runs_folder() / options.run)
    if not RUN_ID.fullmatch(options.run) or not run.path.is_dir():
        raise ValueError(f"There is no run {options.run[:80]!r} in {runs_folder()}.")
    zip_path: Path = options.zip
    zip_path.write_bytes(archive.pack(run))
    return zip_path


if __name__ == "__main__":
    sys.exit(main())
