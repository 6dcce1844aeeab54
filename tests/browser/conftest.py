"""Fixtures of the browser tests: `dashboard_url` (a server of the session), `page`, `phone_page`.

Without a browser they are skipped, with one loud closing line (see tests/conftest.py), and fail
when CI=true.
"""

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright

from dashboard.components import streamlit_dom as dom
from tests.browser import find, server

DESKTOP = {"width": 1280, "height": 720}
PHONE = {"width": 390, "height": 844}
PATIENCE = 40_000  # ms; a busy machine is slow to fetch and draw
expect.set_options(timeout=PATIENCE)

# What Chromium need not do. The first are Playwright's own, which a second list would replace; the
# last four draw suggestions under the address bar, in a process of its own for every window.
WITHOUT = [
    *("AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync"),
    *("DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades"),
    *("LensOverlay", "MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints"),
    *("PaintHolding", "PreconnectToSearch", "ThirdPartyStoragePartitioning"),
    *("PreloadTopChromeWebUI", "WebUIOmniboxPopup"),
    *("WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"),
]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=" + ",".join(WITHOUT),
    "--process-per-site",
]
# Nor need it optimise scripts that a test runs for a second, or compile anew, in the background,
# those that it has compiled for the test before: opening a page takes a fifth less.
# For tests alone; benchmarks measure what people have.
QUICK_START = [
    "--js-flags=--no-maglev --no-turbofan",
    "--disable-features=" + ",".join([*WITHOUT, "ScriptStreaming", "BackgroundResourceFetch"]),
]
# One more attempt for what waited in vain, never for an error that the page shows.
AGAIN = {
    "reruns": 1,
    "only_rerun": [r"^TimeoutError: ", r"with timeout \d+ms"],
    "rerun_except": [shown.split('"')[1] for shown in (dom.EXCEPTION, dom.ERROR)],
}
STILL: dict[str, Any] = {"color_scheme": "light", "reduced_motion": "reduce"}
KEPT = "local_storage,indexeddb,service_workers,file_systems,cache_storage"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of this folder alone are tried again; tests/conftest.py names those that were."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.flaky(**AGAIN))


@pytest.fixture(scope="session")
def dashboard_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running dashboard, shared by all tests of the session."""
    with server.dashboard(tmp_path_factory.mktemp("dashboard")) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the session."""
    path = find.find()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(find.NOTHING)
        pytest.skip(find.NOTHING)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=[*FLAGS, *QUICK_START])
        yield chromium
        chromium.close()


class Windows:
    """Windows that tests use one after the other, so that what one has loaded (Streamlit's
    scripts, Plotly) is loaded and compiled once. What a test kept in one is removed after it, and
    windows that are open at the same time are strangers to each other.

    Between two tests a window shows `quiet`, an empty page on this machine. It is never closed:
    what is compiled lives as long as the process that draws a window, and opening the dashboard
    in a new one takes a third more. One process serves all pages of a machine, whatever their
    ports. What cannot be undone, such as a script for every page to come, needs a window that the
    test opens beside it: `page.context.new_page()`."""

    def __init__(self, browser: Browser, quiet: str):
        self._browser, self._quiet = browser, quiet
        self._idle: defaultdict[str, list[Page]] = defaultdict(list)
        self._visited: defaultdict[BrowserContext, set[str]] = defaultdict(set)  # addresses

    @contextmanager
    def window(self, **options: object) -> Iterator[Page]:
        """A window in which nothing is kept, emptied at the end; all that it has opened is closed.
        Nothing moves in it that need not: a test about movement asks for it with `emulate_media`.
        """
        idle = self._idle[repr(options)]
        window = idle.pop() if idle else self._open(**options)
        try:
            yield window
        finally:
            try:
                self._clear(window)
                idle.append(window)
            except Error:  # it is broken: the next test gets another
                window.context.close()

    @contextmanager
    def phone(self) -> Iterator[Page]:
        """A window of a phone."""
        with self.window(has_touch=True) as phone:
            phone.set_viewport_size(PHONE)
            yield phone

    def _open(self, **options: object) -> Page:
        context = self._browser.new_context(viewport=DESKTOP, locale="en-GB", **STILL, **options)
        context.set_default_timeout(PATIENCE)
        visited = self._visited[context]
        context.on("page", lambda page: page.on("framenavigated", lambda at: visited.add(at.url)))
        window = context.new_page()
        window.goto(self._quiet)
        return window

    def _clear(self, window: Page) -> None:
        """Close all that it has opened, and remove what was set and kept."""
        context = window.context
        context.clear_cookies()
        context.clear_permissions()
        for other in context.pages:
            if other is not window:
                other.close()
        window.unroute_all()
        if window.url.startswith("http"):
            window.evaluate("sessionStorage.clear()")
        window.mouse.up()
        window.mouse.move(0, 0)
        window.goto(self._quiet)
        window.emulate_media(forced_colors="none", **STILL)
        window.set_viewport_size(DESKTOP)
        session = context.new_cdp_session(window)
        places = [urlsplit(at) for at in self._visited[context] if at.startswith("http")]
        for origin in {f"{place.scheme}://{place.netloc}" for place in places}:
            session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": KEPT})
        self._visited[context].clear()
        session.detach()


class Quiet(BaseHTTPRequestHandler):
    """Answers with an empty page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def windows(browser: Browser) -> Iterator[Windows]:
    """The windows of the session's browser."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as quiet:
        Thread(target=quiet.serve_forever, daemon=True).start()
        yield Windows(browser, f"http://127.0.0.1:{quiet.server_port}/")
        quiet.shutdown()


@pytest.fixture
def console(page: Page) -> list[str]:
    """What the browser's console has reported as errors so far, on `page`."""
    errors: list[str] = []
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return errors


@pytest.fixture
def page(windows: Windows) -> Iterator[Page]:
    """A fresh browser window, light, 1280×720."""
    with windows.window() as window:
        yield window


@pytest.fixture
def phone_page(windows: Windows) -> Iterator[Page]:
    """A fresh browser window of a phone, light, 390×844."""
    with windows.phone() as phone:
        yield phone


@pytest.fixture(scope="session")
def blank(windows: Windows) -> Iterator[Page]:
    """One empty page for the programs of all tests that keep nothing in it."""
    with windows.window() as window:
        window.goto("about:blank")
        yield window
