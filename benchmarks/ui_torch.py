"""How long after its text a page shows a model's figure, in a server that has just started."""

import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.measure import Row
from benchmarks.table import within
from benchmarks.ui_browser import browser_page
from dashboard.components import streamlit_dom as dom
from tests.browser.server import STREAMLIT, UNROLLED, dashboard
from tests.browser.waiting import open_page

FIGURE, STARTS = 1500, 3  # ms
READ = 1.5  # seconds on Home, before the page is opened
SERVED = 3.0  # seconds that a server of a class has run, before the page is opened first of all
# What each page draws from its model, first.
FIGURES = {
    "attention": "canvas",
    "vit": "[data-plot] svg",
    "gpt": "[data-plot=bars] svg",
    "decoding": "[data-plot] svg",
}
# When heading and first control, and when the figure are first seen, looked for fifty times a
# second in the page itself: Playwright looks only twice a second once half a second has passed.
FIRST_SEEN = """([main, control, figure]) => {
  const shown = (root, css) =>
    [...root.querySelectorAll(css)].some((e) => e.getClientRects().length) ||
    [...root.querySelectorAll("*")].some((e) => e.shadowRoot && shown(e.shadowRoot, css));
  const seen = window.firstSeen = {};
  const look = () => {
    const content = document.querySelector(main) ?? document.createElement("p");
    if (shown(document, "h1") && shown(content, control)) seen.text ??= performance.now();
    if (shown(content, figure)) seen.figure ??= performance.now();
    if (!seen.text || !seen.figure) setTimeout(look, 20);
  };
  look();
}"""
BOTH_SEEN = "() => window.firstSeen?.text && window.firstSeen.figure"


def torch_first() -> Iterator[Row]:
    """For each page, after some seconds on Home, and as the very first page of two servers.

    One is `unrolled --no-browser`, for a class or a container, which has run for some seconds; the
    other is `streamlit run` whose page is opened at once.
    """
    span = "from the page's heading and first control to the model's figure"
    for name, figure in FIGURES.items():
        read = [after_text(name, figure, read=READ) for _ in range(STARTS)]
        yield within(
            f"ui-torch-first:{name}", "ms, p95", FIGURE, read,
            f"{span}; server and browser just started, Home open for {READ:g} s before; "
            f"{STARTS} starts",
        )  # fmt: skip
        served = [after_text(name, figure, UNROLLED, wait=SERVED) for _ in range(STARTS)]
        first = [after_text(name, figure) for _ in range(STARTS)]
        at_once = ", ".join(f"{ms:.0f}" for ms in sorted(first))
        yield within(
            f"ui-torch-served:{name}", "ms, p95", FIGURE, served,
            f"{span}, on the first page of a server that `unrolled --no-browser` began "
            f"{SERVED:g} s before; {STARTS} starts. Opened at once, with "
            f"streamlit run: {at_once} ms",
        )  # fmt: skip


def after_text(
    name: str, figure: str, words: Sequence[str] = STREAMLIT, wait: float = 0, read: float = 0
) -> float:
    """Milliseconds between the two, in a server and a browser of their own.

    wait: seconds from the server's first answer; read: seconds on Home after that, if any.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        browser_page() as page,
        dashboard(Path(folder), words) as address,
    ):
        time.sleep(wait)
        if read:
            open_page(page, address)
            page.wait_for_timeout(1000 * read)
        look_for = json.dumps([dom.MAIN, dom.SEGMENTED, figure])
        page.add_init_script(f"({FIRST_SEEN})({look_for})")
        page.goto(f"{address}/{name}", wait_until="commit")
        page.wait_for_function(BOTH_SEEN, polling=100)
        seen = page.evaluate("firstSeen")
        return max(0.0, seen["figure"] - seen["text"])
