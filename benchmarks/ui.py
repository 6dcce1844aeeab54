"""python -m benchmarks.ui: the dashboard as its users meet it, into benchmarks/results/ui.json.

Cold: from `streamlit run` to the first page in a browser, and whether torch was imported for it.
Warm: the first view of every page. Then every slider of every page, ten moves each: the server's
part (from the message until its script is over, by Streamlit's own protocol, with the bytes sent)
and, in Chromium, until the picture has changed. And the memory of a session. The reference of a row
is its bound, the product the 95th percentile.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
from playwright.sync_api import Locator, Page, sync_playwright

from benchmarks.machine import describe
from benchmarks.measure import Row
from dashboard.lessons import LESSONS
from tests.browser.conftest import _FLAGS, DESKTOP
from tests.browser.find import find
from tests.browser.server import dashboard
from tests.browser.waiting import open_page, wait_ready
from tests.load.__main__ import process_on
from tests.load.client import Tab, key_of, neighbour

RESULTS = Path(__file__).resolve().parent / "results" / "ui.json"
COLD, WARM = 3000, 1500  # ms: the bounds of the first page and of a first view
SERVER, SEEN = 50, 300  # ms: of a slider's server part and of its visible change, p95
MEMORY = 2.0  # MiB a session
MOVES = 10
SESSIONS = 20
SETTLE = 1500  # ms in which the last controls of a page are drawn
# A change is seen when anything but a spinner in the page's main part is drawn anew.
WATCH = """() => {
  window.seen = null;
  const began = performance.now();
  const main = document.querySelector('[data-testid="stMain"]');
  new MutationObserver((found, me) => {
    const real = found.some((m) => !m.target.closest?.(
      '[data-testid="stSlider"], [data-testid="stStatusWidget"], [data-testid="stSpinner"]'));
    if (!real) return;
    me.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => {
      window.seen = performance.now() - began;
    }));
  }).observe(main, { subtree: true, childList: true, characterData: true,
    attributes: true, attributeFilter: ["src", "d", "transform", "href"] });
}"""


def row(name: str, unit: str, bound: float, took: list[float], conditions: str) -> Row:
    """The 95th percentile of what was measured, beside its bound."""
    value = float(np.percentile(took, 95))
    return {
        "name": name, "unit": unit, "reference": bound, "product": value, "ratio": value / bound,
        "ratio_low": min(took) / bound, "ratio_high": max(took) / bound, "conditions": conditions,
    }  # fmt: skip


def paths() -> dict[str, str]:
    """The address of every page by the name of its lesson."""
    return {lesson.name: "" if lesson.name == "home" else lesson.name for lesson in LESSONS}


def torch_is_loaded(server: psutil.Process) -> bool:
    """Whether torch's library is mapped into the server."""
    return any("libtorch" in Path(m.path).name for m in server.memory_maps())


def cold(page: Page, folder: Path) -> Row:
    """From the command to the first heading of Home, the files of the server not read before."""
    began = time.perf_counter()
    with dashboard(folder) as address:
        open_page(page, address)
        took = 1000 * (time.perf_counter() - began)
        torch = torch_is_loaded(process_on(address))
    about = "torch was imported for it" if torch else "torch was not imported"
    return row("ui-cold-start", "ms", COLD, [took], f"until Home can be used; {about}")


async def server_part(address: str) -> list[Row]:
    """First views, every slider's changes and their payload, and the memory of sessions."""
    rows = []
    for name, path in paths().items():
        first = Tab(address, path)
        await first.open()  # loads what the page needs
        tab = Tab(address, path)
        view = await tab.open()
        size = f"{view.bytes / 1024:.0f} KiB"
        rows.append(row(f"ui-first-view-{name}", "ms", WARM, [1000 * view.seconds], size))
        sliders = [w for kind, w in view.elements if kind == "slider" and key_of(w)]
        for slider in sliders:
            views = []
            for turn in range(1, MOVES + 1):
                moved = neighbour("slider", slider, turn)
                assert moved is not None, "a slider can always be moved"
                views.append(await tab.change(slider.id, **moved))
            took = [1000 * v.seconds for v in views]
            size = f"{float(np.median([v.bytes for v in views])) / 1024:.0f} KiB a change"
            name_of = f"ui-slider-server-{name}-{key_of(slider)}"
            rows.append(row(name_of, "ms, p95", SERVER, took, f"{MOVES} moves, {size}"))
        await tab.close()
        await first.close()
    return [*rows, await memory(address)]


async def memory(address: str) -> Row:
    """How much the server grows with each of twenty tabs on the page with most to hold."""
    server = process_on(address)
    before = server.memory_info().rss
    tabs = [Tab(address, "decoding") for _ in range(SESSIONS)]
    for tab in tabs:
        await tab.open()
    grown = (server.memory_info().rss - before) / SESSIONS / 2**20
    for tab in tabs:
        await tab.close()
    return row("ui-memory-session", "MiB", MEMORY, [grown], f"{SESSIONS} tabs on decoding")


def seen(page: Page, address: str) -> Iterator[Row]:
    """Every slider one can see when its page opens, moved by the arrow keys."""
    for name in paths():
        open_page(page, address, name)
        page.wait_for_timeout(SETTLE)
        sliders = page.get_by_test_id("stMain").get_by_test_id("stSlider")
        for number in range(sliders.count()):
            if not sliders.nth(number).is_visible():
                continue
            slider = sliders.nth(number).locator("input").first
            label = slider.get_attribute("aria-label") or str(number)
            took = [_move(page, slider, turn) for turn in range(MOVES)]
            which = f"ui-slider-seen-{name}-{number + 1}"
            yield row(which, "ms, p95", SEEN, took, f"{label}: {MOVES} arrow keys, until drawn")


def _move(page: Page, slider: Locator, turn: int) -> float:
    """Milliseconds from the key until something new is drawn."""
    low, high = (float(slider.get_attribute(end) or 0) for end in ("min", "max"))
    now = float(slider.input_value())
    key = "ArrowLeft" if now >= high or (turn % 2 and now > low) else "ArrowRight"
    slider.focus()
    page.evaluate(WATCH)
    slider.press(key)
    page.wait_for_function("window.seen !== null", polling=5)
    wait_ready(page)
    return float(page.evaluate("window.seen"))


@contextmanager
def browser_page() -> Iterator[Page]:
    """A window of Chromium, or of the browser that is found."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=_FLAGS)
        page = browser.new_page(viewport=DESKTOP)
        page.set_default_timeout(60_000)
        yield page
        browser.close()


def told(found: Row) -> Row:
    """The row, once it was printed."""
    value, bound = f"{found['product']:9.1f}", f"{found['reference']:g} {found['unit']}"
    print(f"{found['name']:44} {value} of {bound}; {found['conditions']}", flush=True)
    return found


def main() -> int:
    top = argparse.ArgumentParser(prog="python -m benchmarks.ui", description=__doc__)
    top.add_argument("--print", action="store_true", help="print, and keep the file as it is")
    asked = top.parse_args()
    if find() is None:
        print("There is no browser to measure with: `make test` says how to get one.")
        return 1
    with tempfile.TemporaryDirectory() as folder, browser_page() as page:
        rows = [told(cold(page, Path(folder)))]
        with dashboard(Path(folder)) as address:
            with ThreadPoolExecutor(1) as apart:  # Playwright has this thread's event loop
                rows += map(told, apart.submit(asyncio.run, server_part(address)).result())
            rows += map(told, seen(page, address))
    if not asked.print:
        RESULTS.parent.mkdir(exist_ok=True)
        measured = describe(1).split(" Reference and product")[0]
        kept = {"title": "As seen in the browser", "measured": measured, "rows": rows}
        RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
