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
from pathlib import Path

import torch

import benchmarks
from benchmarks.goals import GOALS
from benchmarks.history import NotRecorded
from benchmarks.machine import describe
from benchmarks.measure import Row
from core.data import MissingDataError

REPEATS = 5
RECORDED = Path(benchmarks.__path__[0]) / "results"
HEAD = (
    "| row | unit | reference | product | ratio (lowest … highest) | goal | reached | how |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
)
Measure = Callable[[int], Row]


def all_rows() -> dict[str, Measure]:
    """Every row of every module benchmarks/rows_*.py, by name."""
    rows: dict[str, Measure] = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__)):
        if module.startswith("rows_"):
            rows |= importlib.import_module(f"benchmarks.{module}").ROWS
    return rows


def line(row: Row) -> str:
    """A row of the Markdown table; one that could not be measured says why."""
    goal = GOALS.get(row["name"])
    bound = goal.said() if goal else "reported"
    if "missing" in row:
        return f"| `{row['name']}` | | | | | {bound} | | {row['missing']} |"
    ratio = f"**{row['ratio']:.3g}**"
    if row["ratio_low"] != row["ratio_high"]:
        ratio += f" ({row['ratio_low']:.3g} to {row['ratio_high']:.3g})"
    figures = f"{row['unit']} | {row['reference']:.4g} | {row['product']:.4g} | {ratio}"
    reached = goal.reached(row) if goal else ""
    return f"| `{row['name']}` | {figures} | {bound} | {reached} | {row['conditions']} |"


def page(rows: list[Row], threads: int) -> str:
    """BENCHMARKS.md: every row, and those of the browser as `make bench-ui` last recorded them."""
    parts = ["# Benchmarks", describe(threads), "\n".join([*HEAD, *map(line, rows)])]
    for path in sorted(RECORDED.glob("*.json")):
        recorded = json.loads(path.read_text(encoding="utf-8"))
        parts += [f"## {recorded['title']}", recorded["measured"]]
        parts += ["\n".join([*HEAD, *map(line, recorded["rows"])])]
    return "\n\n".join(parts) + "\n"


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
    torch.set_num_threads(options.threads)
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
        Path("BENCHMARKS.md").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
