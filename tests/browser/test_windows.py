"""A window of the tests is fresh, although its browser has loaded the dashboard before."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, expect

from dashboard.components import streamlit_dom as dom
from tests.browser.conftest import AGAIN, DESKTOP, Windows

LOOKS = """[innerWidth, ...["prefers-color-scheme: dark", "prefers-reduced-motion: no-preference",
  "forced-colors: active"].map((one) => matchMedia(`(${one})`).matches)]"""
HELD = "[localStorage.length, sessionStorage.length, document.cookie]"
KEEP = "localStorage.mine = sessionStorage.mine = 1; document.cookie = 'mine=1; max-age=600'"
MAY = "navigator.permissions.query({ name: 'clipboard-read' }).then((found) => found.state)"


def test_a_window_holds_nothing_of_the_one_before(windows: Windows, dashboard_url: str) -> None:
    blank = f"{dashboard_url}/_stcore/health"
    with windows.window() as page:
        page.goto(blank)
        before = page.evaluate(MAY)
        page.context.grant_permissions(["clipboard-read"])
        assert page.evaluate(MAY) == "granted" != before
        second = page.context.new_page()
        second.goto(blank)
        for one in (page, second):
            one.evaluate(KEEP)
            stored, in_tab, cookies = one.evaluate(HELD)
            assert (stored, in_tab) == (1, 1)
            assert "mine=1" in cookies
        page.emulate_media(color_scheme="dark", reduced_motion="no-preference")
        page.emulate_media(forced_colors="active")
        page.set_viewport_size({"width": 700, "height": 500})
        assert page.evaluate(LOOKS) == [700, True, True, True]
        page.route(blank, lambda route: route.fulfill(body="not the server's"))
        context = page.context
    with windows.window() as page:
        page.goto(blank)
        assert page.context is context
        assert page.context.pages == [page]
        assert page.inner_text("body") == "ok"
        assert page.evaluate(LOOKS) == [DESKTOP["width"], False, False, False]
        stored, in_tab, cookies = page.evaluate(HELD)
        assert (stored, in_tab) == (0, 0)
        assert "mine" not in cookies
        assert page.evaluate(MAY) == before


def test_windows_open_at_once_share_nothing(windows: Windows, dashboard_url: str) -> None:
    with windows.phone() as one, windows.phone() as other:
        for phone in (one, other):
            phone.goto(f"{dashboard_url}/_stcore/health")
        one.evaluate(KEEP)
        stored, _, cookies = other.evaluate(HELD)
        assert stored == 0
        assert "mine" not in cookies


def test_a_script_that_stays_is_put_only_into_a_window_of_the_test_s_own() -> None:
    for file in Path(__file__).parent.glob("test_*.py"):
        found = re.findall(r"(\w+)\.add_init_script\(", file.read_text(encoding="utf-8"))
        assert set(found) <= {"own"}, f"{file.name}: page.context.new_page() is one"


def test_a_broken_context_is_replaced(windows: Windows) -> None:
    with windows.window() as page:
        broken = page.context
        broken.close()
    with windows.window() as page:
        assert page.context is not broken
        page.goto("about:blank")


def failed(act: Callable[[], object]) -> str:
    """The failure as the plugin that tries again reads it."""
    with pytest.raises((Error, AssertionError)) as caught:
        act()
    return f"{caught.type.__name__}: {caught.value}"


def tried_again(failure: str) -> bool:
    found = [bool(re.search(one, failure)) for one in AGAIN["only_rerun"]]
    return any(found) and not any(re.search(one, failure) for one in AGAIN["rerun_except"])


def test_what_waited_in_vain_is_tried_again_and_a_shown_error_is_not(page: Page) -> None:
    page.set_content(f"<p>Here</p><div {dom.EXCEPTION.strip('[]')}></div>")
    assert tried_again(failed(lambda: page.click("button", timeout=1)))
    assert tried_again(failed(lambda: expect(page.locator("p")).to_have_text("x", timeout=1)))
    shown = expect(page.locator(dom.EXCEPTION))
    assert not tried_again(failed(lambda: shown.to_have_count(0, timeout=1)))
    assert not tried_again("AssertionError: assert ['a serious barrier'] == []")


def test_tests_of_this_folder_alone_are_tried_again(request: pytest.FixtureRequest) -> None:
    again = {item.path.parent for item in request.session.items if list(item.iter_markers("flaky"))}
    assert again == {Path(__file__).parent}
