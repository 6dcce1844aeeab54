"""How long after its text a page shows a model's figure, in a server that has just started."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.measure import Row
from benchmarks.table import within
from benchmarks.ui_browser import browser_page
from dashboard.components import streamlit_dom as dom
from tests.browser.server import dashboard
from tests.browser.waiting import open_page

FIGURE, STARTS = 1500, 3  # ms
READ = 1.5  # seconds on Home, before the page is opened
# What each page draws from its model, first.
FIGURES = {
    "attention": "canvas",
    "vit": "[data-plot] svg",
    "gpt": "[data-plot=bars] svg",
    "decoding": "[data-plot] svg",
}


def torch_first() -> Iterator[Row]:
    """For each page, after some seconds on Home; and the same when it is the very first page."""
    for name, figure in FIGURES.items():
        read = [after_text(name, figure, READ) for _ in range(STARTS)]
        first = [after_text(name, figure, None) for _ in range(STARTS)]
        at_once = ", ".join(f"{ms:.0f}" for ms in sorted(first))
        yield within(
            f"ui-torch-first:{name}", "ms, p95", FIGURE, read,
            f"from the page's heading and first control to the model's figure; server and browser "
            f"just started, Home open for {READ:g} s before; {STARTS} starts. As the server's very "
            f"first page: {at_once} ms",
        )  # fmt: skip


def after_text(name: str, figure: str, read: float | None) -> float:
    """Milliseconds between the two, in a server and a browser of their own.

    read: seconds on Home before; None opens the page first of all.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        browser_page() as page,
        dashboard(Path(folder)) as address,
    ):
        if read is not None:
            open_page(page, address)
            page.wait_for_timeout(1000 * read)
        page.goto(f"{address}/{name}", wait_until="commit")
        return _between(page, figure)


def _between(page: Page, figure: str) -> float:
    page.wait_for_selector("h1")
    page.locator(f"{dom.MAIN} {dom.SEGMENTED}").first.wait_for()
    began = time.perf_counter()
    page.locator(f"{dom.MAIN} >> css={figure}").first.wait_for()
    return 1000 * (time.perf_counter() - began)
