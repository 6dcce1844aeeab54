"""What is seen in a browser: a slider of every page, and what the attention page does by itself."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import numpy as np
from playwright.sync_api import Locator, Page

from benchmarks.measure import Row
from benchmarks.table import within
from benchmarks.ui_scenes import SCENES
from benchmarks.ui_server import SIXTEEN
from dashboard.components import streamlit_dom as dom
from tests.browser.waiting import open_page, wait_ready

SEEN, TEXTS, STEP, MOVE = 300, 600, 300, 100  # ms, at most
MOVES = 8
FOLLOWS = (dom.SLIDER, '[data-testid="stStatusWidget"]', ".stSpinner")  # not what is waited for
SETTLE, STILL = 2000, 120  # ms: a page's last controls; without a change, all is drawn
TEXT = (
    "KING:\nGood queen, where are the rings that the knight seeks?\nQUEEN:\nGood king, they are. "
)
# From a key on: when the first and when the last part of the page was drawn anew, in components
# too; what only follows the key, such as the slider itself, does not count.
WATCH = """([main, ...follows]) => {
  const seen = window.seen = { first: null, last: null, began: null };
  addEventListener("keydown", () => { seen.began = performance.now(); },
    { once: true, capture: true });
  window.seeing?.disconnect();
  window.seeing = new MutationObserver((found) => {
    const places = found.map((m) => m.target.closest ? m.target : m.target.parentElement);
    if (!places.some((place) => place?.isConnected && !place.closest(follows.join()))) return;
    seen.last = performance.now() - seen.began;
    seen.first ??= seen.last;
  });
  const content = document.querySelector(main);
  const inside = [...content.querySelectorAll("*")].flatMap((e) => e.shadowRoot || []);
  for (const place of [content, ...inside]) {
    seeing.observe(place, { subtree: true, childList: true, characterData: true,
      attributes: true, attributeFilter: ["src", "d", "transform"] });
  }
}"""
DRAWN = """([still, ready]) => seen.began !== null &&
  performance.now() - seen.began - (seen.last ?? 2000) > still &&
  document.querySelector(ready) !== null"""
# From the press on, as a hand gives it: before it, Playwright waits until the button stands still.
STEP_SEEN = """() => {
  const step = window.step = { began: null, took: null };
  addEventListener("pointerdown", () => { step.began = performance.now(); },
    { once: true, capture: true });
  const heading = () => document.querySelector("h3").textContent;
  const before = heading();
  const look = () => {
    if (heading() === before) setTimeout(look, 4);
    else step.took = performance.now() - step.began;
  };
  look();
}"""
HEAD_MOVES = """async () => {
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


def seen(page: Page, address: str) -> Iterator[Row]:
    """The slowest slider of every scene that has one, in view or behind a button."""
    for scene, (name, link) in SCENES.items():
        open_page(page, address, name, urlencode(link))
        page.wait_for_timeout(SETTLE)
        took = dict(_in_view(page.locator(dom.MAIN)))
        buttons = page.locator(dom.MAIN).locator(dom.POPOVER_BUTTON)
        for button in buttons.filter(visible=True).all():
            button.click()
            behind = page.locator(dom.POPOVER)
            behind.wait_for()
            page.wait_for_timeout(STILL)
            took |= dict(_in_view(behind))
            page.keyboard.press("Escape")
        if took:
            yield _slowest(scene, took)


def _slowest(scene: str, took: dict[str, list[tuple[float, float]]]) -> Row:
    last = {label: [end for _, end in moves] for label, moves in took.items()}
    label = max(last, key=lambda name: float(np.percentile(last[name], 95)))
    first = float(np.percentile([begin for begin, _ in took[label]], 95))
    said = (
        f"{label}, the slowest of {len(took)}; {MOVES} arrow keys each, until the last part of the "
        f"page is drawn; the first after {first:.0f} ms"
    )
    if scene == SIXTEEN:
        return within("ui-sixteen-texts", "ms, p95", TEXTS, last[label], said)
    return within(f"ui-slider-seen:{scene}", "ms, p95", SEEN, last[label], said)


def _in_view(place: Locator) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    """The label of every slider there, and when first and last change were drawn, in ms."""
    sliders = place.locator(dom.SLIDER)
    for number in range(sliders.count()):
        if sliders.nth(number).is_visible():
            slider = sliders.nth(number).locator("input").first
            label = slider.get_attribute("aria-label") or str(number)
            if _move(slider) is not None:  # else nothing but the slider shows it
                yield label, [move for _ in range(MOVES) if (move := _move(slider))]


def _move(slider: Locator) -> tuple[float, float] | None:
    """When the first and the last change was drawn, in ms; None where there was none to see."""
    page = slider.page
    end = float(slider.get_attribute("max") or 0)
    key = "ArrowLeft" if float(slider.input_value()) >= end else "ArrowRight"
    slider.focus()
    page.evaluate(WATCH, [dom.MAIN, *FOLLOWS])
    slider.press(key)
    page.wait_for_function(DRAWN, arg=[STILL, dom.READY], polling=20)
    found = page.evaluate("seen")
    return None if found["last"] is None else (found["first"], found["last"])


def attention(page: Page, address: str) -> Iterator[Row]:
    """The steps of a head, which need the server, and the maps of a long text, which do not."""
    open_page(page, address, "attention")
    yield _steps(page)
    page.get_by_role("button", name="The text").click()
    box = page.get_by_role("textbox", name="Text to continue")
    box.fill(TEXT * 14)
    box.press("Control+Enter")
    page.wait_for_timeout(SETTLE)
    wait_ready(page)
    page.wait_for_timeout(SETTLE)
    found = page.evaluate(HEAD_MOVES)
    what = f"{found['maps']} maps of {found['tokens']} tokens, 200 moves, no server"
    yield within("ui-attention-move", "ms, p95", MOVE, found["took"], what)


def _steps(page: Page) -> Row:
    """From the press on another step until its heading is there."""
    took = []
    names = ["scores", "scaled", "masked", "alpha", "out"] * 4
    for name in names:
        button = page.locator(dom.MAIN).get_by_role("radio", name=name, exact=True)
        place = button if button.count() else page.get_by_role("button", name=name, exact=True)
        page.evaluate(STEP_SEEN)
        place.first.click()
        page.wait_for_function("() => step.took !== null")
        took.append(page.evaluate("step.took"))
        wait_ready(page)
    said = f"another step of a head, until its heading stands; {len(took)} clicks"
    return within("ui-attention-step", "ms, p95", STEP, took, said)
