"""The browser in which the dashboard is measured: as people have it, without the tests' flags."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import DESKTOP, FLAGS
from tests.browser.find import find


@contextmanager
def browser_page() -> Iterator[Page]:
    """A window of Chromium that has just been started, or of the browser that is found."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        page = browser.new_page(viewport=DESKTOP)
        page.set_default_timeout(60_000)
        yield page
        browser.close()
