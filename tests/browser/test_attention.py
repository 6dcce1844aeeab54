"""The attention view in a browser: keys and pointer move without the server, a click selects."""

import re

from playwright.sync_api import Page, expect

from tests.browser.waiting import no_errors, open_page, wait_ready


def test_keys_move_layer_head_and_query_and_the_words_follow(
    page: Page, dashboard_url: str, console: list[str]
) -> None:
    open_page(page, dashboard_url, "attention")
    title = page.locator(".view .title")
    expect(title).to_have_text("Layer 1, head 1")
    maps = page.get_by_role("application", name="All maps")
    maps.focus()
    maps.press("ArrowDown")
    maps.press("ArrowRight")
    expect(title).to_have_text("Layer 2, head 2")
    one = page.get_by_role("application", name="One map")
    one.focus()
    before = page.locator(".view .read").inner_text()
    one.press("ArrowUp")
    expect(page.locator(".view .read")).not_to_have_text(before)
    expect(page.locator(".view .say")).to_contain_text("Layer 2, head 2")
    no_errors(page)
    assert [e for e in console if "404" not in e] == []


def test_no_message_goes_to_the_server_while_the_pointer_moves(
    page: Page, dashboard_url: str
) -> None:
    sent: list[object] = []
    page.on("websocket", lambda ws: ws.on("framesent", lambda frame: sent.append(frame)))
    open_page(page, dashboard_url, "attention")
    page.wait_for_timeout(1000)
    box = page.locator(".view .all").bounding_box()
    assert box is not None
    count = len(sent)
    title = page.locator(".view .title")
    seen = set()
    for step in range(8):
        page.mouse.move(box["x"] + 70 + step * 25, box["y"] + 40 + step * 20)
        seen.add(title.inner_text())
    assert len(seen) > 2
    assert len(sent) == count


def test_a_click_selects_and_the_page_and_its_link_follow(page: Page, dashboard_url: str) -> None:
    open_page(page, dashboard_url, "attention")
    maps = page.get_by_role("application", name="All maps")
    maps.focus()
    maps.press("ArrowDown")
    maps.press("Enter")
    page.wait_for_url(re.compile(r"[?&]layer=2"))
    wait_ready(page)
    expect(page.get_by_text("Layer 2, head 1. Shape")).to_be_visible()
    expect(page.locator(".view .title")).to_have_text("Layer 2, head 1")
    no_errors(page)


def test_lines_and_text_replace_the_map_for_those_who_cannot_use_it(
    page: Page, dashboard_url: str
) -> None:
    open_page(page, dashboard_url, "attention")
    page.get_by_role("button", name="Lines").click()
    expect(page.get_by_role("button", name="Lines")).to_have_attribute("aria-pressed", "true")
    page.get_by_text("This map as text").click()
    rows = page.locator(".view .text li")
    expect(rows.first).to_contain_text("looks at")
    words = page.locator(".view .words span")
    assert rows.count() == words.count() > 3
