"""Every page in a browser: it opens from its own address, shuts nobody out, and fits a phone."""

import pytest
from playwright.sync_api import Page

from dashboard import lessons
from dashboard.components import streamlit_dom as dom
from tests.browser.axe import barriers
from tests.browser.waiting import no_errors, open_page

NAMES = [lesson.name for lesson in lessons.at_hand()]
# Below a page's address the client looks for the server's settings once before it finds the root.
EXPECTED = "404 (Not Found)"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scheme", ["page", "dark_page"])
def test_a_page_has_no_serious_barrier(
    name: str, scheme: str, request: pytest.FixtureRequest, dashboard_url: str
) -> None:
    window: Page = request.getfixturevalue(scheme)
    errors: list[str] = []
    window.on("pageerror", lambda error: errors.append(str(error)))
    window.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    open_page(window, dashboard_url, name)
    no_errors(window)
    assert barriers(window) == []
    assert [e for e in errors if EXPECTED not in e] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_page_fits_a_phone(name: str, phone_page: Page, dashboard_url: str) -> None:
    open_page(phone_page, dashboard_url, name)
    no_errors(phone_page)
    main = f"document.querySelector('{dom.MAIN}')"
    assert phone_page.evaluate(f"{main}.scrollWidth <= {main}.clientWidth + 1"), name
