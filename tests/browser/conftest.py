"""Fixtures of the browser tests: `dashboard_url` (a server of the session), `page`, `phone_page`.

Without a browser they are skipped, with one loud closing line (see tests/conftest.py), and fail
when CI=true.
"""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser import find, server

DESKTOP = {"width": 1280, "height": 720}
PHONE = {"width": 390, "height": 844}
PATIENCE = 40_000  # ms; a busy machine is slow to fetch and draw
expect.set_options(timeout=PATIENCE)

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def dashboard_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running dashboard, shared by all tests of the session."""
    with server.dashboard(tmp_path_factory.mktemp("dashboard")) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the session; a page of a test lives in a context of its own."""
    path = find.find()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(find.NOTHING)
        pytest.skip(find.NOTHING)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


def _context(browser: Browser, **options: object) -> BrowserContext:
    context = browser.new_context(viewport=DESKTOP, locale="en-GB", **options)
    context.set_default_timeout(PATIENCE)
    return context


@pytest.fixture
def console(page: Page) -> list[str]:
    """What the browser's console has reported as errors so far, on `page`."""
    errors: list[str] = []
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return errors


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh browser window, light, 1280×720."""
    with _context(browser, color_scheme="light") as context:
        yield context.new_page()


@pytest.fixture
def phone_page(browser: Browser) -> Iterator[Page]:
    """A fresh browser window of a phone, light, 390×844."""
    with _context(browser, color_scheme="light", has_touch=True) as context:
        phone = context.new_page()
        phone.set_viewport_size(PHONE)
        yield phone
