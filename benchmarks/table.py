"""BENCHMARKS.md: the table of `make bench`, and those that were recorded by other commands.

What takes a browser or a room full of sessions is recorded in results/, one file a command.
"""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from benchmarks.goals import GOALS
from benchmarks.machine import describe
from benchmarks.measure import Row

PAGE = Path("BENCHMARKS.md")
RECORDED = Path(__file__).resolve().parent / "results"
HEAD = (
    "| row | unit | reference | product | ratio (lowest … highest) | goal | reached | how |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
)


def line(row: Row) -> str:
    """A row of the Markdown table; one that could not be measured says why.

    Rows of one kind share a goal: `ui-first-view:rnn` has that of `ui-first-view`.
    """
    goal = GOALS.get(row["name"].partition(":")[0])
    bound = goal.said() if goal else "reported"
    if "missing" in row:
        return f"| `{row['name']}` | | | | | {bound} | | {row['missing']} |"
    ratio = f"**{row['ratio']:.3g}**"
    if row["ratio_low"] != row["ratio_high"]:
        ratio += f" ({row['ratio_low']:.3g} to {row['ratio_high']:.3g})"
    figures = f"{row['unit']} | {row['reference']:.4g} | {row['product']:.4g} | {ratio}"
    reached = goal.reached(row) if goal else ""
    return f"| `{row['name']}` | {figures} | {bound} | {reached} | {row['conditions']} |"


def page(rows: Iterable[Row], threads: int) -> str:
    """The whole page: these rows, and every recorded table."""
    measured = "\n".join([*HEAD, *map(line, rows)])
    return "\n\n".join(["# Benchmarks", describe(threads), measured, *_recorded()]) + "\n"


def within(name: str, unit: str, bound: float, took: list[float], conditions: str) -> Row:
    """A row whose reference is the bound, and whose product the 95th percentile of `took`."""
    value = float(np.percentile(took, 95))
    parts = value, min(took), max(took)
    ratio, low, high = (part / bound if bound else part for part in parts)
    return {
        "name": name, "unit": unit, "reference": bound, "product": value, "ratio": ratio,
        "ratio_low": low, "ratio_high": high, "conditions": conditions,
    }  # fmt: skip


def record(name: str, title: str, about: str, rows: list[Row]) -> None:
    """Keep a table in results/`name`.json, and show it in BENCHMARKS.md from now on."""
    measured = f"{describe(1).split(';')[0]}. {about}"
    kept = {"title": title, "measured": measured, "rows": rows}
    RECORDED.mkdir(exist_ok=True)
    text = json.dumps(kept, indent=1, ensure_ascii=False) + "\n"
    (RECORDED / f"{name}.json").write_text(text, encoding="utf-8")
    first = PAGE.read_text(encoding="utf-8").partition("\n## ")[0].strip()
    PAGE.write_text("\n\n".join([first, *_recorded()]) + "\n", encoding="utf-8")


def _recorded() -> list[str]:
    parts = []
    for path in sorted(RECORDED.glob("*.json")):
        kept = json.loads(path.read_text(encoding="utf-8"))
        parts += [f"## {kept['title']}", kept["measured"]]
        parts += ["\n".join([*HEAD, *map(line, kept["rows"])])]
    return parts
