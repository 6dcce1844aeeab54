"""python -m benchmarks.ui_sliders: how fast two lessons redraw when a slider moves, in a browser.

Prints two rows: the spectral radius of the RNN lesson until its curve is drawn anew, and top-p on
the decoding page until all sixteen texts of sixty words stand there. Milliseconds, 95th
percentile; the reference is the bound of 300 and 600 ms.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.measure import Row
from benchmarks.ui_attention import row
from tests.browser.conftest import _FLAGS, DESKTOP
from tests.browser.find import find
from tests.browser.server import dashboard
from tests.browser.waiting import open_page, wait_ready

MOVES = 40
CURVE = """() => {
  const lines = document.querySelectorAll('.st-key-figure-decay .scatterlayer path.js-line');
  return lines.length && lines[1].getAttribute('d');
}"""
TEXTS = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  const still = app.dataset.testScriptState === 'notRunning';
  const heading = document.querySelectorAll('[data-testid="stTable"] th')[1];
  return still && heading && heading.innerText;
}"""


def moves(page: Page, slider: str, keys: list[str], shown: str) -> list[float]:
    """Milliseconds from each key on the slider until what `shown` returns is another."""
    handle = page.get_by_test_id("stSlider").filter(has_text=slider).locator("input")
    handle.focus()
    took = []
    for key in keys:
        wait_ready(page)
        before = page.evaluate(shown)
        began = time.perf_counter()
        handle.press(key)
        page.wait_for_function(
            f"before => {{ const now = ({shown})(); return now && now !== before; }}",
            arg=before, polling=5,
        )  # fmt: skip
        took.append(1000 * (time.perf_counter() - began))
    return took[2:]  # the first two also warm up


def rnn_slider(page: Page, address: str) -> Row:
    """ρ of a random matrix of size 16, T up to 200."""
    open_page(page, address, "rnn", "section=Eigenvalues+and+decay&rho=0.8")
    page.wait_for_function(CURVE)
    took = moves(page, "Spectral radius", ["ArrowRight"] * MOVES, CURVE)
    return row("rnn-slider-in-browser", 300, took, f"ρ, d 16, {len(took)} moves; bound 300 ms")


def sixteen_texts(page: Page, address: str) -> Row:
    """Top-p under the shipped GPT, another value each time."""
    open_page(page, address, "decoding", "section=what+goes+wrong")
    page.wait_for_function(TEXTS)
    took = moves(page, "Top-p", ["ArrowLeft"] * MOVES, TEXTS)
    said = f"16 texts × 60 words, top-p, {len(took)} moves, until the script rests; bound 600 ms"
    return row("decode-16x60-in-browser", 600, took, said)


ROWS: tuple[Callable[[Page, str], Row], ...] = (rnn_slider, sixteen_texts)


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
        for measured in ROWS:
            page = browser.new_page(viewport=DESKTOP)
            page.set_default_timeout(60_000)
            print(json.dumps(measured(page, address)), flush=True)
            page.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
