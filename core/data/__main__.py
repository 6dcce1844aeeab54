"""`python -m core.data get cifar10|shakespeare [--from PATH]` and `python -m core.data list`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Generator

from core.data.images import cifar10
from core.data.locations import JobProgress, T, data_folder
from core.data.sources import at_hand
from core.data.text import shakespeare
from core.system.command import exit_status, typed


def show(job: Generator[JobProgress, None, T]) -> T:
    """Run a job and show its progress on stderr, on a terminal in one line."""
    live, last = sys.stderr.isatty(), 0.0
    while True:
        try:
            record = next(job)
        except StopIteration as end:
            result: T = end.value
            if last:
                print(file=sys.stderr)
            return result
        if time.monotonic() - last < (0.1 if live else 5.0):
            continue
        last = time.monotonic()
        print(_line(record), end="\r" if live else "\n", file=sys.stderr, flush=True)


def _line(record: JobProgress) -> str:
    scale, unit = (1e6, "MB") if record.unit == "bytes" else (1, record.unit)
    form = ",.1f" if record.unit == "bytes" else ",.0f"
    if record.total:
        share = f"{record.done / record.total:4.0%} of {record.total / scale:{form}} {unit}"
    else:
        share = f"{record.done / scale:{form}} {unit}" if record.done else "…"
    return f"{record.what}: {share}".ljust(78)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog=typed("data"), description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    get = commands.add_parser("get", help="store a data set in the data folder")
    get.add_argument("name", choices=("cifar10", "shakespeare"))
    get.add_argument(
        "--from",
        dest="source",
        metavar="PATH",
        help="a file or folder that has it (default: download)",
    )
    listing = commands.add_parser("list", help="list the data sets and whether they are available")
    listing.add_argument(
        "--data-dir", metavar="DIR", help="look here instead of in the data folder"
    )
    options = parser.parse_args(arguments)
    return exit_status(lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    if options.command == "list":
        print(f"data folder: {data_folder()}")
        for row in at_hand(options.data_dir):
            print(f"{row.name:12} {row.kind:10} {'here' if row.here else 'missing':8} {row.detail}")
    elif options.name == "cifar10":
        images = show(cifar10.obtain(options.source)).arrays
        count = len(images["train_labels"]), len(images["test_labels"])
        print(f"CIFAR-10 is ready: {count[0]:,} training and {count[1]:,} test images.")
    else:
        print(f"Tiny Shakespeare is ready: {show(shakespeare.obtain(options.source))}")


if __name__ == "__main__":
    raise SystemExit(main())
