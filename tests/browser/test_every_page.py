"""Every page in a browser: it opens from its own address, shuts nobody out, and fits a phone."""

import pytest
from playwright.sync_api import Page

from dashboard import lessons
from dashboard.components import streamlit_dom as dom
from tests.browser.axe import barriers_in_both_themes
from tests.browser.waiting import no_errors, open_page

NAMES = [lesson.name for lesson in lessons.available()]
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


@pytest.mark.parametrize("name", NAMES)
def test_a_page_fits_a_phone(name: str, phone_page: Page, dashboard_url: str) -> None:
    open_page(phone_page, dashboard_url, name)
    no_errors(phone_page)
    fits = "box => box.scrollWidth <= box.clientWidth + 1"
    assert phone_page.locator(dom.MAIN).evaluate(fits)
    assert phone_page.locator("html").evaluate(fits)
