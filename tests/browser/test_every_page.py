"""Every page in a browser: it opens from its own address, has no barriers, fits every window."""

import pytest
from playwright.sync_api import Page

from dashboard import lessons
from dashboard.components import streamlit_dom as dom
from tests.browser.axe import barriers_in_both_themes
from tests.browser.waiting import no_errors, open_page

NAMES = [lesson.name for lesson in lessons.available()]
# A phone, a narrow one, 1280×720 at a zoom of 200%, where the panes begin, and a wall.
SIZES = [(390, 844), (360, 740), (640, 360), (1100, 720), (2560, 1440)]
# Below a page's address the client looks for the server's settings once before it finds the root.
EXPECTED = "404 (Not Found)"


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_no_serious_barrier_light_or_dark(
    name: str, page: Page, console: list[str], dashboard_url: str
) -> None:
    open_page(page, dashboard_url, name)
    no_errors(page)
    assert barriers_in_both_themes(page) == []
    assert [error for error in console if EXPECTED not in error] == []


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_a_page_fits_every_window(name: str, phone_page: Page, dashboard_url: str) -> None:
    phone_page.emulate_media(reduced_motion="reduce", forced_colors="active")
    open_page(phone_page, dashboard_url, name)
    no_errors(phone_page)
    fits = "box => box.scrollWidth <= box.clientWidth + 1"
    for width, height in SIZES:
        phone_page.set_viewport_size({"width": width, "height": height})
        phone_page.wait_for_timeout(400)
        assert phone_page.locator(dom.MAIN).evaluate(fits), width
        assert phone_page.locator("html").evaluate(fits), width
