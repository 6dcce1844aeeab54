"""Every instrument on a phone: a finger and an arrow key move a slider, the figure follows."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.components.streamlit_dom import keyed
from tests.browser.waiting import no_errors, open_page
from tests.dashboard.test_instruments import PAGES

KEYS = {"decoding": "decoding-b"}  # of one that stands on its page several times
# Without a slider: heads, patches and outlines are pressed, which test_heads.py and others do.
PRESSED = {"heads", "objects"}
SEVERAL: dict[str, list[str]] = {}  # link -> instruments
for instrument, (lesson, query) in PAGES.items():
    if instrument not in PRESSED:
        link = f"{lesson}?{urlencode({k: v for k, v in query.items() if k != 'length'})}"
        SEVERAL.setdefault(link, []).append(instrument)
DRAWN = """(root) => [...root.querySelectorAll("svg, canvas, .say, .dials b")].map((e) =>
  e.localName === "canvas" ? e.toDataURL() : e.outerHTML).join()"""


def moved(root: Locator, before: str) -> str:
    """What is drawn once it differs."""
    asked = f"([root, before]) => ({DRAWN})(root) !== before"
    root.page.wait_for_function(
        asked, arg=[root.element_handle(), before], polling=20, timeout=8000
    )
    return str(root.evaluate(DRAWN))


@pytest.mark.parametrize("link", SEVERAL)
def test_a_finger_and_an_arrow_key_move_it(link: str, phone_page: Page, dashboard_url: str) -> None:
    open_page(phone_page, dashboard_url, *link.split("?"))
    for name in SEVERAL[link]:
        root = phone_page.locator(f"{keyed(f'live-{KEYS.get(name, name)}')} .live")
        slider = root.locator("label:not([hidden]) input:enabled").last
        expect(slider).to_be_visible()
        slider.scroll_into_view_if_needed()
        before, value = str(root.evaluate(DRAWN)), slider.input_value()
        box = slider.bounding_box()
        assert box
        low, high = (float(slider.get_attribute(end) or 0) for end in ("min", "max"))
        right = float(value) < (low + high) / 2
        x = box["x"] + (0.75 if right else 0.25) * box["width"]
        phone_page.touchscreen.tap(x, box["y"] + box["height"] / 2)
        before = moved(root, before)
        assert slider.input_value() != value
        slider.press("ArrowLeft" if float(slider.input_value()) > low else "ArrowRight")
        moved(root, before)
    no_errors(phone_page)
