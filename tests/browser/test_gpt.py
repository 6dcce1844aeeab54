"""The Dialogue GPT page in a browser: tokens, next words, and generated text."""

import re

from playwright.sync_api import Dialog, Locator, Page, expect

from dashboard.components import streamlit_dom as dom
from tests.browser.test_study_phone import choose
from tests.browser.waiting import no_errors, open_page, wait_ready


def text_of(page: Page) -> Locator:
    """The tokens of the generated text: those of the second strip."""
    return page.get_by_label("Tokens of the text").nth(1)


def test_text_is_generated_greedily_and_from_the_nucleus(
    page: Page, dashboard_url: str, console: list[str]
) -> None:
    page.emulate_media(reduced_motion="no-preference")  # word by word
    open_page(page, dashboard_url, "gpt", "model=gpt-grammar&way=greedy")
    strip = text_of(page)
    expect(strip.locator("li:visible")).to_have_count(9 + 40)  # all of them have appeared
    greedy = strip.inner_text()
    choose(page.get_by_role("combobox", name="Next word by"), "nucleus")
    page.wait_for_url(lambda url: "way=greedy" not in url)
    wait_ready(page)
    page.get_by_role("button", name="Length, seed").click()
    for seed in (1, 2):
        page.get_by_role("button", name="Draw again").click()
        page.wait_for_url(f"**seed={seed}")
        wait_ready(page)
    expect(strip).not_to_have_text(greedy)
    expect(strip.locator("li:visible")).to_have_count(9 + 40)
    no_errors(page)
    # Streamlit itself asks for its health beside a page opened by its address: a 404 each.
    assert [line for line in console if "Failed to load resource" not in line] == []


def test_what_comes_next_follows_the_hand_and_what_the_browser_has_is_not_sent_again(
    page: Page, dashboard_url: str
) -> None:
    """Temperature and the random number at once; text and link on release; a click on a word."""
    got: list[str | bytes] = []
    page.on("websocket", lambda ws: ws.on("framereceived", lambda told: got.append(told)))
    open_page(page, dashboard_url, "gpt", "model=gpt-grammar")
    first = len(got)
    page.get_by_role("slider", name="Temperature", exact=True).press("ArrowRight")
    page.wait_for_url("**t=1.05**")
    wait_ready(page)
    large = [message for message in got if len(message) > 1100]
    assert len(got) > first
    assert len(large) == len(set(large))

    bars = page.locator("[data-plot=bars] svg[role]")
    expect(bars).to_have_attribute("aria-label", re.compile("step 1"))
    before = text_of(page).inner_text()
    page.get_by_role("slider", name="Temperature").press("End")
    page.wait_for_url("**t=2**")
    wait_ready(page)
    expect(text_of(page)).not_to_have_text(before)
    expect(page.locator("li [aria-current]")).to_have_count(1)  # the prompt has no step to mark
    page.locator("[data-plot=draw] svg[role]").press("ArrowRight")
    expect(page.get_by_text("would select")).to_be_visible()
    text_of(page).get_by_role("button").nth(9 + 4).click()
    page.wait_for_url("**step=5**")
    expect(bars).to_have_attribute("aria-label", re.compile("step 5"))
    no_errors(page)


def test_markup_in_the_prompt_is_shown_as_typed(page: Page, dashboard_url: str) -> None:
    asked: list[str] = []

    def say_no(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", say_no)
    open_page(page, dashboard_url, "gpt", "model=gpt-grammar&prompt=<img src=x onerror=alert(1)>")
    expect(page.get_by_label("Tokens of the text").first).to_contain_text("img")
    assert page.locator(f"{dom.MAIN} img[src=x]").count() == 0
    no_errors(page)
    assert asked == []
    page.remove_listener("dialog", say_no)


def test_the_drawing_leads_to_a_head_of_the_same_model_and_text_in_a_tab_of_its_own(
    page: Page, dashboard_url: str
) -> None:
    open_page(page, dashboard_url, "gpt", "model=gpt-grammar&prompt=QUEEN%3A+Good&network=true")
    drawing = page.locator(".net svg.drawing")
    expect(drawing.locator(".chip").filter(has_text="QUEEN")).to_have_count(1)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Block 1, head 1, step by step").click()
    head = opened.value
    wait_ready(head)
    for part in ("model=gpt-grammar", "prompt=QUEEN"):
        expect(head).to_have_url(re.compile(part))
    expect(head.get_by_text("Layer 1, head 1. Shape")).to_be_visible()
    head.close()
    expect(drawing.locator(".chip").filter(has_text="QUEEN")).to_have_count(1)


def test_on_a_phone_the_maps_of_all_layers_keep_their_width(
    phone_page: Page, dashboard_url: str
) -> None:
    maps = phone_page.locator(f"{dom.keyed('figure-map')} {dom.PLOT}")
    for query, width in (("section=Where it looks&layer=all, side by side", 640),
                         ("mode=present&beat=4&reveal=1", 900)):  # fmt: skip
        open_page(phone_page, dashboard_url, "gpt", query)
        expect(maps).to_have_count(1)
        expect(maps).to_have_css("width", f"{width}px")
        assert phone_page.evaluate("document.documentElement.scrollWidth") <= 390
