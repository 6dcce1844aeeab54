"""Waiting until a Streamlit page is complete, by the state that it shows itself."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from dashboard.components import streamlit_dom as dom

# The style sheet comes with the page's first elements, but is put in place a moment later.
STYLED = "[...document.querySelectorAll('style')].some(s => s.textContent.includes('st-key-menu'))"

# So does the menu: until then the sidebar, where one is seen, shows Streamlit's placeholder.
MENU = (
    f"[...document.querySelectorAll('{dom.SIDEBAR}')]"
    ".every(s => !s.checkVisibility() || s.querySelector('a'))"
)


# All of it at the same moment, asked for in one call.
WHOLE = f"""(ready) => document.querySelector(ready)?.checkVisibility() &&
  [...document.querySelectorAll("h1")].filter((one) => one.checkVisibility()).length === 1 &&
  ![...document.querySelectorAll('{dom.LOADING}')].some((one) => one.checkVisibility()) &&
  {STYLED} && {MENU}"""


def wait_ready(page: Page, timeout: float = 60_000) -> None:
    """Wait until the page is connected, its script has ended, and all it shows has loaded. ms

    It is asked ten times a second: asked at every frame, a page takes a tenth longer to load.
    """
    page.wait_for_function(WHOLE, arg=dom.READY, timeout=timeout, polling=100)


def open_page(page: Page, address: str, name: str = "", query: str = "") -> None:
    """Open the page `name` of the dashboard at `address`, such as "vit", and wait for it."""
    path = "" if name == "home" else name  # Home is served at the root
    page.goto(f"{address}/{path}" + (f"?{query}" if query else ""))
    wait_ready(page)


def no_errors(page: Page) -> None:
    """The page shows no error and no exception."""
    expect(page.locator(dom.EXCEPTION)).to_have_count(0)
    expect(page.locator(dom.ERROR)).to_have_count(0)


def messages(page: Page) -> list[object]:
    """What the page sends to the server from now on, as it is sent; before the page is opened."""
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    return sent


def quiet(page: Page, sent: list[object]) -> None:
    """Wait until the page has sent nothing for a second."""
    before = -1
    while before != len(sent):
        before = len(sent)
        page.wait_for_timeout(1000)
        wait_ready(page)


def until(attempt: Callable[[], None], tries: int = 15) -> None:
    """Repeat until its own expectation holds; the last AssertionError is raised."""
    for _ in range(tries - 1):
        try:
            return attempt()
        except AssertionError:
            continue
    attempt()
