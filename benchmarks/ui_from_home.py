"""How soon a lesson shows its first figure of Plotly, in a browser that has just been started."""

import time
from collections.abc import Iterator

from playwright.sync_api import Page

from benchmarks.measure import Row
from benchmarks.table import within
from benchmarks.ui_browser import browser_page
from dashboard import lessons
from dashboard.components import streamlit_dom as dom
from tests.browser.waiting import open_page, wait_ready

PLOTLY = ("heads", "positions", "versus", "patches", "train")  # lessons that begin with one
FIGURE, STARTS = 1500, 3  # ms
READ = 5.0  # seconds on Home
DRAWN = f"[...document.querySelectorAll('{dom.PLOT_AREA}')].some(e => e.getClientRects().length)"


def from_home(address: str) -> Iterator[Row]:
    """For each lesson, after Home was read; and as the first page of a browser, for comparison.

    The server has opened each lesson before.
    """
    for name in PLOTLY:
        first, then = zip(*(_first_and_then(address, name) for _ in range(1 + STARTS)), strict=True)
        alone = ", ".join(f"{ms:.0f}" for ms in sorted(first[1:]))
        yield within(
            f"ui-from-home:{name}", "ms, p95", FIGURE, list(then[1:]),
            f"from a click on Home, read for {READ:g} s, to the lesson's first figure of Plotly; "
            f"browser just started, {STARTS} starts. Opened by its address instead, as the "
            f"browser's first page: {alone} ms",
        )  # fmt: skip


def _first_and_then(address: str, name: str) -> tuple[float, float]:
    with browser_page() as page:
        began = time.perf_counter()
        page.goto(f"{address}/{name}", wait_until="commit")
        first = _until_drawn(page, began)
        wait_ready(page)
    with browser_page() as page:
        open_page(page, address)
        page.wait_for_timeout(1000 * READ)
        title = lessons.by_name(name).title
        link = page.locator(dom.SIDEBAR).get_by_role("link", name=title)
        began = time.perf_counter()
        link.click()
        return first, _until_drawn(page, began)


def _until_drawn(page: Page, began: float) -> float:
    page.wait_for_function(f"() => {DRAWN}", polling=20)
    return 1000 * (time.perf_counter() - began)
