"""What one window of 1280×720 shows at once: `python -m tests.browser.one_view [PAGE ...]`.

Of every page and its sections: the share of the main figure in view on opening, how late the last
text comes, and for every slider the share of what it changes that can be seen together with it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Error, Locator, Page

from dashboard import lessons
from dashboard.components import streamlit_dom as dom
from tests.apps import prepare_apps
from tests.browser.conftest import DESKTOP
from tests.browser.crawl import address_of
from tests.browser.screenshot import own_browser
from tests.browser.waiting import wait_ready
from tests.crawl.views import View, controls_of, open_page

SCRIPT = (Path(__file__).with_suffix(".js")).read_text(encoding="utf-8")
FIGURE, CHANGED, LATE = 0.9, 0.6, 1000  # shares at least; ms at most
# Controls whose options show other figures.
SECTIONS = ("section", "try", "compare", "feed", "kind", "reads", "view", "way", "from", "see")
SETTINGS = ("Model sizes", "Recipe")  # parts of Train with sliders
STILL, LONGEST, PRESSES = 350, 8000, 2  # ms, ms; keys
SETTLED = """([ready, still]) => document.querySelector(ready) !== null &&
  performance.now() - oneView.changed > still"""
LABEL = "(e) => e.getAttribute('aria-label') ?? e.closest('[data-testid]')?.innerText ?? ''"


@dataclass
class Seen:
    """One view; figure: share of the main figure; late: ms; captions: those of more than two lines;
    sliders: label -> share and what."""

    view: View
    figure: float | None = None
    name: str = ""
    bottom: int = 0
    late: float = 0.0
    text: str = ""
    captions: list[str] = field(default_factory=list)
    sliders: dict[str, tuple[float, list[str]]] = field(default_factory=dict)

    @property
    def failures(self) -> list[str]:
        """What is outside its bounds, in words."""
        found = []
        if self.figure is not None and self.figure < FIGURE:
            found.append(f"{self.figure:.0%} of {self.name} in view, it ends at {self.bottom} px")
        if self.late > LATE:
            found.append(f"“{self.text}” comes {self.late / 1000:.1f} s after the heading")
        found += [f"more than two lines: “{caption} …”" for caption in self.captions]
        for label, (share, what) in self.sliders.items():
            if share < CHANGED:
                found.append(f"slider “{label}”: {share:.0%} of {', '.join(dict.fromkeys(what))}")
        return found


def sections(pages: Iterable[str]) -> Iterator[View]:
    """Every page as it opens, and every option of the controls that switch its content."""
    for page in pages:
        plain = View(page)
        yield plain
        found = controls_of(open_page(plain))
        for key in SECTIONS:
            for label in found.get(key, ("", []))[1]:
                view = plain.beside(key, label)
                yield view
                if key == "section":
                    behind = controls_of(open_page(view))
                    new = (k for k in SECTIONS if k in behind and k not in found)
                    yield from (view.beside(k, label) for k in new for label in behind[k][1])


def look(page: Page, address: str, view: View, *, sliders: bool = True) -> Seen:
    """Open the view and measure it. The page needs `prepare`."""
    page.goto(f"{address}/{address_of(view)}")
    wait_ready(page)
    _settle(page)
    seen = Seen(view)
    main = page.evaluate("oneView.mainFigure()")
    if main:
        seen.figure, seen.name, seen.bottom = main["share"], main["name"], main["bottom"]
    heading, text, seen.text = page.evaluate("[oneView.heading, oneView.text, oneView.last ?? '']")
    seen.late = max(0.0, text - heading)
    seen.captions = page.evaluate("oneView.longCaptions()")
    if sliders:
        for part in page.locator(f"{dom.MAIN} details > summary").all():
            if part.inner_text().strip().endswith(SETTINGS):  # both are closed at first
                part.click()
                page.wait_for_timeout(STILL)
        _measure(page.locator(dom.MAIN), seen)
        buttons = page.locator(dom.MAIN).locator(dom.POPOVER_BUTTON)
        for number in range(buttons.count()):
            button = buttons.nth(number)
            if not button.is_visible() or button.inner_text().startswith("Save"):
                continue
            button.click()
            page.wait_for_timeout(STILL)
            _measure(page.locator(dom.POPOVER), seen)
            page.keyboard.press("Escape")
    return seen


def prepare(page: Page) -> None:
    """Put what measures into every page that this tab opens."""
    page.add_init_script(f"({SCRIPT})({json.dumps(dom.SELECTORS)})")


def _settle(page: Page) -> None:
    with suppress(Error):  # where something moves by itself
        page.wait_for_function(SETTLED, arg=[dom.READY, STILL], timeout=LONGEST, polling=50)
    page.wait_for_timeout(100)


def _measure(place: Locator, seen: Seen) -> None:
    sliders = place.get_by_role("slider")
    for number in range(sliders.count()):
        slider = sliders.nth(number)
        if not slider.is_visible() or not slider.is_enabled():
            continue
        label = str(slider.evaluate(LABEL))[:50]
        page = slider.page
        page.evaluate("oneView.remember()")
        end = float(slider.get_attribute("max") or slider.get_attribute("aria-valuemax") or 0)
        now = float(slider.evaluate("(e) => e.value ?? e.getAttribute('aria-valuenow') ?? 0"))
        slider.focus()
        for _ in range(PRESSES):
            page.keyboard.press("ArrowLeft" if now >= end else "ArrowRight")
        page.wait_for_timeout(250)
        _settle(page)
        share = slider.evaluate("(e) => oneView.share(e)")
        if share is not None:  # else it changes nothing but itself
            seen.sliders[label] = (share["best"], share["changed"])


def table(found: Iterable[Seen]) -> Iterator[str]:
    """One line a failure, and the shares of all."""
    views = list(found)
    for seen in views:
        for failure in seen.failures:
            yield f"{seen.view}: {failure}"
    shares = [share for seen in views for share, _ in seen.sliders.values()]
    good = sum(share >= CHANGED for share in shares)
    main = [seen.figure for seen in views if seen.figure is not None]
    whole = sum(share >= FIGURE for share in main)
    late = sum(seen.late > LATE for seen in views)
    yield f"{good} of {len(shares)} sliders are seen with {CHANGED:.0%} of what they change."
    yield f"{whole} of {len(main)} views open with {FIGURE:.0%} of their main figure."
    yield f"{late} of {len(views)} views have text later than {LATE / 1000:.0f} s."


def main() -> int:
    """Print the table; arguments are pages, all without."""
    prepare_apps()
    pages = sys.argv[1:] or [lesson.name for lesson in lessons.available()]
    views = list(sections(pages))
    found = []
    with own_browser() as (browser, address):
        page = browser.new_page(viewport=DESKTOP, locale="en-GB")
        page.set_default_timeout(60_000)
        prepare(page)
        for view in views:
            try:
                seen = look(page, address, view)
            except Error as error:
                print(f"{view}: it did not open: {str(error)[:200]}", flush=True)
                continue
            found.append(seen)
            for failure in seen.failures:
                print(f"{view}: {failure}", flush=True)
    print(*list(table(found))[-3:], sep="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
