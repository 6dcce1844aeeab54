"""Waiting for a Streamlit page the way it says itself that it is done."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from dashboard.components import streamlit_dom as dom

# The style sheet comes with the page's first elements, but is put in place a moment later.
STYLED = "[...document.querySelectorAll('style')].some(s => s.textContent.includes('st-key-menu'))"

# So does the menu: until then the side bar, where there is one, holds Streamlit's grey bars.
MENU = f"[...document.querySelectorAll('{dom.SIDEBAR}')].every(s => s.querySelector('a'))"


def wait_ready(page: Page, timeout: float = 60_000) -> None:
    """Until the page is connected, its script has ended, its heading and menu stand. ms"""
    page.wait_for_selector(dom.READY, timeout=timeout)
    expect(page.get_by_role("heading", level=1)).to_have_count(1, timeout=timeout)
    page.wait_for_selector(dom.READY, timeout=timeout)
    page.wait_for_function(STYLED, timeout=timeout)
    page.wait_for_function(MENU, timeout=timeout)


def open_page(page: Page, address: str, name: str = "", query: str = "") -> None:
    """Open the page `name` of the dashboard at `address`, such as "vit", and wait for it."""
    path = "" if name == "home" else name  # Home is served at the root
    page.goto(f"{address}/{path}" + (f"?{query}" if query else ""))
    wait_ready(page)


def no_errors(page: Page) -> None:
    """The page shows no error and no exception."""
    expect(page.locator(dom.EXCEPTION)).to_have_count(0)
    expect(page.locator(dom.ERROR)).to_have_count(0)


def until(attempt: Callable[[], None], tries: int = 15) -> None:
    """Do it again until its own expectation holds; the last try's AssertionError stands."""
    for _ in range(tries - 1):
        try:
            return attempt()
        except AssertionError:
            continue
    attempt()
