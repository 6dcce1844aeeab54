"""Every instrument on a phone: it has no barriers; a finger and an arrow key move it."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.components.streamlit_dom import MAIN, keyed
from tests.browser.axe import barriers_in_both_themes
from tests.browser.conftest import PHONE
from tests.browser.test_vit import at_patch
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
BARRIERS = [  # links whose pages are searched for them
    "rnn?section=Eigenvalues+and+decay&view=orbit",
    "positions?",
    "decoding?model=gpt-grammar",
    "gpt?model=gpt-grammar&length=12",
    "attention?section=One+row&model=gpt-grammar",
    "gpt?section=Loss+and+perplexity&model=gpt-grammar",
    "decoding?section=shared+keys&model=gpt-grammar",
]
DRAWN = """(root) => [...root.querySelectorAll("svg, canvas, .say, .dials b")].map((e) =>
  e.localName === "canvas" ? e.toDataURL() : e.outerHTML).join()"""


def moved(root: Locator, before: str) -> str:
    """What is drawn once it differs."""
    asked = f"([root, before]) => ({DRAWN})(root) !== before"
    root.page.wait_for_function(
        asked, arg=[root.element_handle(), before], polling=20, timeout=8000
    )
    return str(root.evaluate(DRAWN))


def a_finger_moves_a_slider_of(phone_page: Page, name: str, url: str) -> Locator:
    slider = phone_page.get_by_role("slider", name=name, exact=True)
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box
    phone_page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    phone_page.wait_for_url(url)
    return slider


def a_finger_chooses_t(phone_page: Page) -> None:
    expect(phone_page.get_by_role("slider", name="Position t")).to_have_value("10")
    slider = a_finger_moves_a_slider_of(phone_page, "Position t", "**t=*")
    assert 80 < int(slider.input_value()) < 120


def a_finger_chooses_a_step(phone_page: Page) -> None:
    a_finger_moves_a_slider_of(phone_page, "Step", "**step=*")


def a_finger_masks_a_key(phone_page: Page) -> None:
    row = phone_page.locator("[data-plot=row-weights] svg[role]")
    row.scroll_into_view_if_needed()
    row.tap(position={"x": 120, "y": 40})
    phone_page.wait_for_url("**cells=8.1**")


def a_finger_chooses_a_patch(phone_page: Page) -> None:
    phone_page.locator("[data-plot=patches] canvas").scroll_into_view_if_needed()
    phone_page.touchscreen.tap(*at_patch(phone_page, 2, 2))
    phone_page.wait_for_url("**patch=10*")
    expect(phone_page.locator(".say")).to_contain_text("row 2, column 2 gives")


TOUCHED = {
    "vit?": a_finger_chooses_a_patch,
    "positions?": a_finger_chooses_t,
    "gpt?model=gpt-grammar&length=12": a_finger_chooses_a_step,
    "attention?section=One+row&model=gpt-grammar": a_finger_masks_a_key,
}


@pytest.mark.parametrize("link", dict.fromkeys([*SEVERAL, *BARRIERS]))
def test_no_barriers_nothing_wider_than_a_phone_and_a_finger_and_an_arrow_key_move_it(
    link: str, phone_page: Page, dashboard_url: str
) -> None:
    open_page(phone_page, dashboard_url, *link.split("?"))
    if link in BARRIERS:
        expect(phone_page.locator(".live figure svg[viewBox]").first).to_be_visible()
        phone_page.wait_for_timeout(600)  # until what scrolls sideways is reached by keys
        assert barriers_in_both_themes(phone_page) == []
    width = phone_page.locator(MAIN).evaluate("main => main.scrollWidth")
    assert width <= PHONE["width"]
    if link in TOUCHED:
        TOUCHED[link](phone_page)
    for name in SEVERAL.get(link, ()):
        root = phone_page.locator(f"{keyed(f'live-{KEYS.get(name, name)}')} .live")
        a_finger_and_an_arrow_key_move(root)
    no_errors(phone_page)


def a_finger_and_an_arrow_key_move(root: Locator) -> None:
    slider = root.locator("label:not([hidden]) input:enabled").last
    expect(slider).to_be_visible()
    slider.scroll_into_view_if_needed()
    before, value = str(root.evaluate(DRAWN)), slider.input_value()
    box = slider.bounding_box()
    assert box
    low, high = (float(slider.get_attribute(end) or 0) for end in ("min", "max"))
    right = float(value) < (low + high) / 2
    x = box["x"] + (0.75 if right else 0.25) * box["width"]
    root.page.touchscreen.tap(x, box["y"] + box["height"] / 2)
    before = moved(root, before)
    assert slider.input_value() != value
    slider.press("ArrowLeft" if float(slider.input_value()) > low else "ArrowRight")
    moved(root, before)
