"""A window of the tests is fresh, although its browser has loaded the dashboard before."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, expect

from dashboard.components import streamlit_dom as dom
from tests.browser.conftest import AGAIN, Windows

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
        context = page.context
    with windows.window() as page:
        page.goto(blank)
        assert page.context is context
        assert page.context.pages[1:] == [page]  # the first is nobody's
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
