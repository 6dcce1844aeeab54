"""Heads switched off in a browser: the direct part at once, the model computed again on release."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.waiting import no_errors, open_page, wait_ready


def grid(page: Page) -> Locator:
    return page.locator("[data-plot=contributions] svg[role=application]")


def press(page: Page, layer: int, head: int, of: tuple[int, int]) -> None:
    """Press a cell of the heads, counted from 1."""
    box = grid(page).bounding_box()
    assert box
    names, below = 70, 30  # pixels beside and below the cells, at 1280
    wide, high = (box["width"] - names) / of[1], (box["height"] - below) / of[0]
    page.mouse.click(box["x"] + names + (head - 0.5) * wide, box["y"] + (layer - 0.5) * high)


def expect_legend(page: Page, shapes: dict[str, str]) -> None:
    """The legend shows each series with the mark that the figure draws it with."""
    legend = page.locator("[data-plot=direct] .legend > span")
    expect(legend).to_have_text(list(shapes))
    shown = legend.locator("path").evaluate_all("(all) => all.map((one) => one.dataset.shape)")
    assert shown == list(shapes.values())
    [diamonds] = page.locator("[data-plot=direct] path[fill='#b44c22']").evaluate_all(
        "(all) => all.filter((one) => !one.closest('.legend')).map((one) => one.getAttribute('d'))"
    )
    assert re.fullmatch(r"(M\S+ \S+l8 8l-8 8l-8 -8z)+", diamonds)


def test_a_head_is_pressed_the_logits_follow_and_an_error_leaves_the_server_s_figure(
    page: Page, dashboard_url: str
) -> None:
    open_page(page, dashboard_url, "heads")
    said = page.locator(".say")
    expect(said).to_contain_text("1 head is off. Without its direct part, the logit of “river”")
    expect(said).to_contain_text("is computed again")
    expect_legend(page, {"whole": "outline", "direct part": "bar", "computed again": "diamond"})
    press(page, 2, 1, (2, 1))
    expect(said).to_contain_text("2 heads are off")
    page.wait_for_url(re.compile("without=.*layer.2"))
    expect(said).to_contain_text("is computed again")
    expect(page.get_by_text("Computed again: predictions")).to_be_visible()
    grid(page).press("Space")
    expect(said).to_contain_text("1 head is off")
    page.wait_for_url(re.compile(r"heads\?(?!.*without=.*layer.2)"))
    no_errors(page)

    expect(page.locator(".live figure svg[viewBox]").first).to_be_visible()
    failing = "one.draw = () => { throw Error('x') }"
    page.evaluate(f"window.unrolledLive.heads.drawn.forEach((one) => {{ {failing} }})")
    grid(page).press("Space")
    expect(page.get_by_text("so the server draws it")).to_be_visible()
    wait_ready(page)
    expect(page.locator(".st-key-figure-direct")).to_be_visible()
    no_errors(page)


def test_another_word_asks_no_server(page: Page, dashboard_url: str) -> None:
    open_page(page, dashboard_url, "heads", "model=gpt-shakespeare&without=layer+2%2C+head+1")
    said = page.locator(".say")
    first = said.inner_text()
    page.locator("[data-plot=direct] svg[role=application]").press("ArrowDown")
    expect(said).not_to_have_text(first)
    expect(page.locator("[data-plot=contributions] figcaption")).to_contain_text("adds to")
    expect(said).to_contain_text("is computed again")
    no_errors(page)


def test_a_finger_switches_a_head(phone_page: Page, dashboard_url: str) -> None:
    open_page(phone_page, dashboard_url, "heads")
    grid(phone_page).scroll_into_view_if_needed()
    box = grid(phone_page).bounding_box()
    assert box
    phone_page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + 20)
    expect(phone_page.locator(".say")).to_contain_text("No heads are off")
