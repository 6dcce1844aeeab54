"""python -m benchmarks.ui_attention: how fast the attention page answers, in a real browser.

Prints two rows: another layer, head and query in the maps (no server), and a choice that needs
the server. Milliseconds, 95th percentile; the reference is the bound of 100 and 300 ms.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

from benchmarks.measure import Row
from tests.browser.conftest import _FLAGS, DESKTOP
from tests.browser.find import find
from tests.browser.server import dashboard
from tests.browser.waiting import open_page, wait_ready

TEXT = (
    "KING:\nGood queen, where are the rings that the knight seeks?\nQUEEN:\nGood king, they are. "
)
MOVES = """async () => {
  const view = [...document.querySelectorAll("*")]
    .map((e) => (e.shadowRoot || e).querySelector(".view")).find((v) => v && v.view).view;
  const { layers, heads, tokens } = view.head;
  const took = [];
  for (let i = 0; i < 200; i++) {
    const to = { layer: i % layers, head: (i * 7) % heads, query: (i * 13) % tokens.length,
      key: (i * 5) % tokens.length };
    await new Promise(requestAnimationFrame);
    const began = performance.now();
    view.move(to);
    view.one.getContext("2d").getImageData(0, 0, 1, 1); // waits until it is drawn
    took.push(performance.now() - began);
  }
  return { took, tokens: tokens.length, maps: layers * heads };
}"""


def row(name: str, bound: float, took: list[float], conditions: str) -> Row:
    """p95 beside its bound."""
    p95 = float(np.percentile(took, 95))
    low, high = min(took) / bound, max(took) / bound
    return {
        "name": name, "unit": "ms, p95", "reference": bound, "product": p95,
        "ratio": p95 / bound, "ratio_low": low, "ratio_high": high, "conditions": conditions,
    }  # fmt: skip


def in_the_browser(page: Page) -> Row:
    """Layer, head, query and key all change at once, until the map is drawn."""
    found = page.evaluate(MOVES)
    what = f"{found['maps']} maps of {found['tokens']} tokens, 200 moves, until drawn; bound 100 ms"
    return row("attention-move-in-browser", 100, found["took"], what)


def with_the_server(page: Page) -> Row:
    """Another step of the head: from the click until its heading stands."""
    took = []
    names = ["scores", "scaled", "masked", "alpha", "out"] * 4
    for name in names:
        button = page.get_by_test_id("stMain").get_by_role("radio", name=name, exact=True)
        place = button if button.count() else page.get_by_role("button", name=name, exact=True)
        before = page.locator("h3").first.inner_text()
        began = time.perf_counter()
        place.first.click()
        page.wait_for_function(
            "before => document.querySelector('h3').innerText !== before", arg=before, polling=5
        )
        took.append(1000 * (time.perf_counter() - began))
        wait_ready(page)
    return row("attention-step-with-server", 300, took, f"{len(took)} clicks; bound 300 ms")


def main() -> int:
    path = find()
    if path is None:
        print("There is no Chromium to measure with.")
        return 1
    with (
        tempfile.TemporaryDirectory() as folder,
        dashboard(Path(folder)) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        page = browser.new_page(viewport=DESKTOP)
        page.set_default_timeout(60_000)
        open_page(page, address, "attention")
        print(json.dumps(with_the_server(page)), flush=True)
        page.get_by_role("button", name="The text").click()
        box = page.get_by_role("textbox", name="Text to continue")
        box.fill(TEXT * 14)
        box.press("Control+Enter")
        page.wait_for_timeout(1500)
        wait_ready(page)
        page.wait_for_timeout(2000)
        print(json.dumps(in_the_browser(page)), flush=True)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
