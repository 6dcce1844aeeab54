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
from benchmarks.machine import describe
from benchmarks.measure import Row

REPEATS = 5
Measure = Callable[[int], Row]


def all_rows() -> dict[str, Measure]:
    """Every row of every module benchmarks/rows_*.py, by name."""
    rows: dict[str, Measure] = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__)):
        if module.startswith("rows_"):
            rows |= importlib.import_module(f"benchmarks.{module}").ROWS
    return rows


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| row | unit | reference | product | ratio (lowest to highest) | conditions |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for r in rows:
        ratio = f"**{r['ratio']:.3g}** ({r['ratio_low']:.3g} to {r['ratio_high']:.3g})"
        figures = f"{r['reference']:.4g} | {r['product']:.4g}"
        lines.append(f"| `{r['name']}` | {r['unit']} | {figures} | {ratio} | {r['conditions']} |")
    return "\n".join(lines) + "\n"


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
        row = rows[name](options.repeats)
        measured.append(row)
        if options.json:
            print(json.dumps(row), flush=True)
        else:
            print(
                table([row]).splitlines()[-1], f"({time.perf_counter() - began:.0f} s)", flush=True
            )
    if not options.only:
        head = f"# Benchmarks\n\n{describe(options.threads)}\n\n"
        Path("BENCHMARKS.md").write_text(head + table(measured), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
