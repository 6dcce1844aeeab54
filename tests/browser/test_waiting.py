"""Tests wait for a page until all that it shows has come."""

import pytest
from playwright.sync_api import Page, Route, TimeoutError as Timeout

from dashboard.components import streamlit_dom as dom
from tests.browser.waiting import wait_ready


def test_a_page_whose_sections_are_not_loaded_is_not_ready(page: Page, dashboard_url: str) -> None:
    held: list[Route] = []
    page.route("**/ButtonGroup.*.js", lambda one: held.append(one))
    page.goto(f"{dashboard_url}/heads")
    page.wait_for_selector(f"{dom.READY} {dom.LOADING}")
    with pytest.raises(Timeout):
        wait_ready(page, 2000)
    assert page.locator("h1").is_visible()
    for one in held:
        one.continue_()
    wait_ready(page)
    assert page.locator(dom.SEGMENTED).first.get_by_role("radio").count() > 4
