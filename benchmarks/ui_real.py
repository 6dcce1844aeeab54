"""make bench-real: SmolLM2 in a browser and on one thread, into results/real.json.

The model is loaded once; then each lesson opens with a text that nothing was computed for yet, and
each change is timed from the key until the last part of the page is drawn. Last, the rows of
benchmarks/rows_real.py: loading, reading, and generating beside transformers. About three minutes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page

from benchmarks import rows_real
from benchmarks.measure import Row
from benchmarks.table import record, within
from benchmarks.ui import ABOUT
from benchmarks.ui_browser import browser_page
from benchmarks.ui_seen import DRAWN, FOLLOWS, STILL, WATCH
from core.data import MissingDataError
from core.system.device import use_threads
from dashboard.components import streamlit_dom as dom
from tests.browser.server import dashboard
from tests.browser.waiting import open_page, wait_ready

VIEW, CHANGE = 3000, 300  # ms, p95, at most
SETTLE = 1500  # ms
TEXT = "Train {} to Kassel is late, so the students in Kassel wait at the station for train {}"
SECTIONS = ("a head at work", "all heads measured", "layer by layer")
# view -> page and link
VIEWS: dict[str, tuple[str, dict[str, str]]] = {
    "attention": ("attention", {}),
    "attention-drawn": ("attention", {"network": "true"}),
    "heads": ("heads", {}),
    **{f"heads-{name.split()[0]}": ("heads", {"try": name}) for name in SECTIONS},
    "gpt": ("gpt", {}),
    "gpt-tokens": ("gpt", {"section": "Tokens and byte pairs"}),
    "decoding": ("decoding", {}),
    "decoding-cache": ("decoding", {"section": "the KV cache"}),
    "decoding-drawn": ("decoding", {"section": "the KV cache", "network": "true"}),
}
# view -> where a key is pressed, the key, and one that is pressed before it, or ""
CHANGES = {
    "attention": (".view [role=application]", "ArrowRight", ""),
    "attention-drawn": (".net svg.drawing", "ArrowRight", ""),
    "heads": ("[data-plot=contributions] svg[role=application]", "Space", "ArrowRight"),
    "gpt": (".live input[type=range]", "ArrowRight", ""),
    "decoding": (".live input[type=range]", "ArrowRight", ""),
    "decoding-cache": (f"{dom.SLIDER} input", "ArrowRight", ""),
    "decoding-drawn": (".net svg.drawing", "ArrowRight", ""),
}


def seen(page: Page, address: str, repeats: int) -> Iterator[Row]:
    """A first view of each lesson, and the changes in it."""
    number = 0
    open_page(page, address, "attention", urlencode({"model": "smollm2"}))  # loads the model
    for view, (name, link) in VIEWS.items():
        took = []
        for _ in range(repeats):
            number += 1
            text = TEXT.format(number, number)
            began = time.perf_counter()
            open_page(page, address, name, urlencode({"model": "smollm2", "prompt": text} | link))
            took.append(1000 * (time.perf_counter() - began))
        said = f"{repeats} times with a new text, in a page that is loaded anew"
        yield within(f"real-first-view:{view}", "ms, p95", VIEW, took, said)
        if view in CHANGES:
            yield _changes(page, view, repeats + 1)


def _changes(page: Page, view: str, count: int) -> Row:
    where, key, before = CHANGES[view]
    page.wait_for_timeout(SETTLE)
    place = page.locator(where).first
    took = [_change(place, key, before) for _ in range(count)][1:]
    said = f"{key}, {len(took)} times, until the last part of the page is drawn"
    return within(f"real-change:{view}", "ms, p95", CHANGE, took, said)


def _change(place: Locator, key: str, before: str) -> float:
    """When the last part of the page was drawn after a key, in ms."""
    page = place.page
    place.focus()
    if before:
        place.press(before)
        page.wait_for_timeout(SETTLE)
    page.evaluate(WATCH, [dom.MAIN, *FOLLOWS])
    place.press(key)
    page.wait_for_function(DRAWN, arg=[STILL, dom.READY], polling=20)
    last = page.evaluate("seen.last")
    wait_ready(page)
    page.wait_for_timeout(SETTLE)
    return float(last or 0)


def main() -> int:
    top = argparse.ArgumentParser(prog="python -m benchmarks.ui_real", description=__doc__)
    top.add_argument("--print", action="store_true", help="print, and record nothing")
    top.add_argument("--repeats", type=int, default=3)
    asked = top.parse_args()
    try:
        rows_real.load()
    except MissingDataError as error:
        print(error)
        return 1
    use_threads(1)
    measured = []

    def keep(row: Row) -> None:
        value, bound = f"{row['product']:9.2f}", f"{row['reference']:.4g} {row['unit']}"
        print(f"{row['name']:32} {value} beside {bound}; {row['conditions']}", flush=True)
        measured.append(row)

    with (
        tempfile.TemporaryDirectory() as folder,
        browser_page() as page,
        dashboard(Path(folder)) as address,
    ):
        for row in seen(page, address, asked.repeats):
            keep(row)
    for measure in rows_real.ROWS.values():
        keep(measure(asked.repeats))
    if not asked.print:
        record("real", "A real model: SmolLM2", ABOUT, measured)
    return 0


if __name__ == "__main__":
    sys.exit(main())
