"""python -m core.study check: every claim, measured; export: questions for other systems."""

import argparse
import sys
from pathlib import Path

from core.study.claims import check_all
from core.study.export.moodle import moodle_xml
from core.study.export.qti import qti_package
from core.study.export.sheet import sheet
from core.study.question import own_folder, shipped


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m core.study", description=__doc__)
    what = parser.add_subparsers(dest="what", required=True)
    check = what.add_parser("check", help="measure every claim of questions and storylines")
    check.add_argument("--write", type=Path, help="a file for the measured values")
    export = what.add_parser("export", help="write the questions for another system")
    export.add_argument(
        "--to", choices=["qti", "moodle", "sheet"], required=True,
        help="QTI 2.1 (a zip), Moodle XML, or Markdown to print, with a key",
    )  # fmt: skip
    export.add_argument("file", type=Path)
    export.add_argument("--questions", type=Path, help="a folder of TOML files, instead of ours")
    export.add_argument("--seed", default="1", help="draws the numbers")
    given = parser.parse_args(arguments)
    return _check(given.write) if given.what == "check" else _export(given)


def _check(write: Path | None) -> int:
    failed = 0
    for result in check_all(write):
        print(result.line, flush=True)
        failed += not result.holds
    return int(failed > 0)


def _export(given: argparse.Namespace) -> int:
    known, errors = own_folder(given.questions) if given.questions else (shipped(), [])
    for sentence in errors:
        print(sentence, file=sys.stderr)
    questions = list(known.values())
    match given.to:
        case "qti":
            content = qti_package(questions, given.seed)
        case "moodle":
            content = moodle_xml(questions, given.seed)
        case _:
            content = sheet(questions, given.seed).encode()
    try:
        given.file.write_bytes(content)
    except OSError as error:
        print(f"{given.file} cannot be written ({error.strerror}).", file=sys.stderr)
        return 1
    print(f"{len(questions)} questions, {len(content):,} bytes: {given.file}")
    return int(bool(errors))


if __name__ == "__main__":
    sys.exit(main())
