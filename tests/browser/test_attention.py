"""The attention view in a browser: keys and pointer move without the server, a click selects."""

import re

from playwright.sync_api import Page, expect

from tests.browser.waiting import messages, no_errors, open_page, quiet, wait_ready


def test_keys_move_enter_selects_the_pointer_asks_no_server_lines_and_text_replace_the_map(
    page: Page, dashboard_url: str, console: list[str]
) -> None:
    sent = messages(page)
    open_page(page, dashboard_url, "attention")
    title = page.locator(".view .title")
    expect(title).to_have_text("Layer 1, head 1")
    keys_move_layer_head_and_query_and_the_words_follow(page)
    enter_selects_and_the_page_and_its_link_follow(page)
    quiet(page, sent)
    the_pointer_moves_and_the_server_hears_nothing(page, sent)
    lines_and_text_replace_the_map(page)
    no_errors(page)
    assert [e for e in console if "404" not in e] == []


def keys_move_layer_head_and_query_and_the_words_follow(page: Page) -> None:
    title = page.locator(".view .title")
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


def enter_selects_and_the_page_and_its_link_follow(page: Page) -> None:
    maps = page.get_by_role("application", name="All maps")
    maps.focus()
    maps.press("ArrowLeft")
    maps.press("Enter")
    page.wait_for_url(re.compile(r"[?&]layer=2"))
    wait_ready(page)
    expect(page.get_by_text("Layer 2, head 1. Shape")).to_be_visible()
    expect(page.locator(".view .title")).to_have_text("Layer 2, head 1")
    no_errors(page)


def the_pointer_moves_and_the_server_hears_nothing(page: Page, sent: list[object]) -> None:
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


def lines_and_text_replace_the_map(page: Page) -> None:
    """For those who cannot use it."""
    page.get_by_role("button", name="Lines").click()
    expect(page.get_by_role("button", name="Lines")).to_have_attribute("aria-pressed", "true")
    page.get_by_text("This map as text").click()
    rows = page.locator(".view .text li")
    expect(rows.first).to_contain_text("looks at")
    words = page.locator(".view .words span")
    assert rows.count() == words.count() > 3


def test_temperature_and_masked_cells_move_the_row_at_once_the_model_on_release_the_server_draws_it(
    page: Page, dashboard_url: str
) -> None:
    open_page(page, dashboard_url, "attention", "section=One+row")
    row = page.locator("[data-plot=row-weights] svg[role]")
    expect(row).to_have_attribute("aria-label", re.compile("KING 0"))
    expect(page.get_by_text("The next word it predicts")).to_be_visible()
    slider = page.get_by_role("slider", name="Temperature")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box
    unchanged = row.get_attribute("aria-label")
    page.mouse.move(box["x"] + box["width"] * 0.18, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.02, box["y"] + box["height"] / 2, steps=4)
    expect(row).not_to_have_attribute("aria-label", unchanged or "")
    assert "temperature=" not in page.url
    page.mouse.up()
    page.wait_for_url("**temperature=0**")
    expect(page.get_by_text("What the model predicts before and after your change")).to_be_visible()
    wait_ready(page)
    row.click(position={"x": 120, "y": 40})  # the second key
    expect(row).to_have_attribute("aria-label", re.compile("KING masked"))
    page.wait_for_url("**cells=6.1**")
    wait_ready(page)
    row.press("ArrowUp")
    row.press("Enter")
    expect(row).to_have_attribute("aria-label", re.compile("START> masked"))
    page.wait_for_url(re.compile(r"cells=6.1(,|%2C)6.0"))
    wait_ready(page)
    no_errors(page)
    page.reload()
    expect(row).to_have_attribute("aria-label", re.compile("START> masked, KING masked"))
    wait_ready(page)

    expect(page.locator("[data-plot=row-weights] svg[role]")).to_be_visible()
    page.evaluate("""() => { for (const one of window.unrolledLive.row.drawn)
      one.draw = () => { throw new Error("broken"); }; }""")
    page.get_by_role("slider", name="Temperature").press("ArrowRight")
    expect(page.get_by_text("so the server draws it")).to_be_visible()
    wait_ready(page)
    expect(page.get_by_text("Weights (across) of the keys (down) of query 6")).to_be_visible()
    no_errors(page)
