"""Every page, light and dark: nothing axe-core calls serious or critical, and room on a phone."""

import pytest
from playwright.sync_api import Page

from dashboard import lessons
from tests.browser.axe import barriers
from tests.browser.waiting import open_page, wait_ready

NAMES = [lesson.name for lesson in lessons.at_hand() if lesson.name != "home"]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_no_serious_barrier(name: str, page: Page, dashboard_url: str) -> None:
    open_page(page, dashboard_url, name)
    found = {"light": barriers(page)}
    page.emulate_media(color_scheme="dark")
    page.reload()
    wait_ready(page)
    found["dark"] = barriers(page)
    assert found == {"light": [], "dark": []}
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(300)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
