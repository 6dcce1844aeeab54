"""python -m benchmarks: measure product against reference and write BENCHMARKS.md.

--list names the rows, --only NAME measures one, --json prints one object a row.
"""

import argparse
import importlib
import json
import pkgutil
import sys
import time
from collections.abc import Callable

import benchmarks
from benchmarks.history import NotRecorded
from benchmarks.measure import Row
from benchmarks.table import PAGE, line, page
from core.data import MissingDataError
from core.system.device import use_threads

REPEATS = 5
Measure = Callable[[int], Row]


def all_rows() -> dict[str, Measure]:
    """Every row of every module benchmarks/rows_*.py, by name."""
    rows: dict[str, Measure] = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__)):
        if module.startswith("rows_"):
            rows |= importlib.import_module(f"benchmarks.{module}").ROWS
    return rows


def main() -> int:
    rows = all_rows()
    top = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    top.add_argument("--list", action="store_true", help="name the rows")
    top.add_argument("--only", choices=rows, help="measure one row")
    top.add_argument("--json", action="store_true", help="print one JSON object a row")
    top.add_argument("--repeats", type=int, default=REPEATS)
    top.add_argument("--threads", type=int, default=2)
    options = top.parse_args()
    if options.list:
        print("\n".join(rows))
        return 0
    use_threads(options.threads)
    measured = []
    for name in [options.only] if options.only else rows:
        began = time.perf_counter()
        try:
            row = rows[name](options.repeats)
        except (NotRecorded, MissingDataError) as error:
            row = {"name": name, "missing": str(error)}
        measured.append(row)
        seconds = time.perf_counter() - began
        print(json.dumps(row) if options.json else f"{line(row)} ({seconds:.0f} s)", flush=True)
    if not options.only:
        text = page(measured, options.threads)
        PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
