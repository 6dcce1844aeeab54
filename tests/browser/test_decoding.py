"""The decoding page in a browser: texts side by side, steps walked by click, words forced."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard import palette
from dashboard.components import streamlit_dom as dom
from tests.browser.conftest import PHONE
from tests.browser.crawl import Tab
from tests.browser.waiting import no_errors, open_page, wait_ready

QUERY = "model=gpt-grammar&length=12&columns=2"


def strips(page: Page) -> Locator:
    """First the texts of the columns, then the words one may force, a list a column."""
    return page.get_by_label("Tokens of the text")


def test_the_step_is_scrubbed_a_click_walks_to_one_and_a_forced_word_grows_a_branch(
    page: Page, dashboard_url: str, console: list[str]
) -> None:
    open_page(page, dashboard_url, "decoding", QUERY + "&seed=2")
    the_step_is_scrubbed_under_the_hand_in_every_column(page)
    greedy = strips(page).nth(0)
    expect(greedy.locator("li:visible")).to_have_count(12)
    before = greedy.inner_text()

    greedy.get_by_role("button").nth(2).click()
    page.wait_for_url("**step=3**")
    expect(page.get_by_text("a: greedy, step 3")).to_be_visible()
    wait_ready(page)

    candidates = strips(page).nth(2).get_by_role("button")
    word = candidates.nth(1).inner_text()
    candidates.nth(1).click()
    expect(page.get_by_label("Branch").first).to_be_visible()
    wait_ready(page)
    expect(greedy.locator("li:visible")).to_have_count(12)
    expect(greedy.get_by_role("button").nth(2)).to_have_text(word)
    expect(greedy.get_by_role("button").nth(2)).to_have_attribute("data-kind", "forced")
    assert greedy.inner_text() != before
    no_errors(page)
    assert [line for line in console if "Failed to load resource" not in line] == []


def the_step_is_scrubbed_under_the_hand_in_every_column(page: Page) -> None:
    """While the thumb is held the server hears nothing, and yet each step's bars are drawn."""
    bars = page.locator("[data-plot=bars] svg[role]")
    expect(bars.nth(1)).to_have_attribute("aria-label", re.compile("step 1"))
    slider = page.get_by_role("slider", name="Step", exact=True)
    box = slider.bounding_box()
    assert box
    page.mouse.move(box["x"] + 8, box["y"] + box["height"] / 2)
    page.mouse.down()
    seen: dict[str, str] = {}
    for part in (0.3, 0.55, 0.8):
        page.mouse.move(box["x"] + box["width"] * part, box["y"] + box["height"] / 2, steps=3)
        step = slider.input_value()
        for column in (0, 1):
            expect(bars.nth(column)).to_have_attribute("aria-label", re.compile(f"step {step}\\."))
        expect(strips(page).nth(0).locator("[aria-current]")).to_have_count(1)
        seen[step] = bars.nth(1).get_attribute("aria-label") or ""
    assert "step=" not in page.url
    assert len(set(seen.values())) == 3
    page.mouse.up()
    page.wait_for_url(f"**step={step}**")
    wait_ready(page)
    word = strips(page).nth(1).locator("li").nth(int(step) - 1)
    expect(word.locator("button")).to_have_attribute("aria-current", "true")
    expect(page.get_by_text("≈")).to_have_count(0)
    # The sketch and the whole distribution agree in what is said of the most probable words.
    sketch, whole = (
        [float(p) for p in re.findall(r"([\d.]+)%", one)]
        for one in (seen[step], bars.nth(1).get_attribute("aria-label") or "")
    )
    assert sketch == pytest.approx(whole, rel=0.05, abs=0.2)
    slider.press("ArrowLeft")
    page.wait_for_url(f"**step={int(step) - 1}**")
    no_errors(page)
    wait_ready(page)


def test_the_text_of_a_step_is_opened_in_attention_with_its_model_and_the_menu_takes_neither_along(
    page: Page, dashboard_url: str
) -> None:
    open_page(page, dashboard_url, "decoding", QUERY)
    page.get_by_text("Attention of this step").first.click()
    page.get_by_role("link", name="Open in Attention").click()
    page.wait_for_url(re.compile(r"/attention\?.*model=gpt-grammar"))
    wait_ready(page)
    expect(page.get_by_role("combobox", name="Model")).to_have_value("gpt-grammar")
    page.get_by_role("link", name="Unrolled RNN").first.click()
    page.wait_for_url(re.compile(r"/rnn(?!.*(model=|prompt=))"))
    wait_ready(page)
    expect(page.get_by_text("Step 0 of 5")).to_be_visible()
    no_errors(page)


def test_the_link_follows_a_slider_however_fast_it_moves(page: Page, dashboard_url: str) -> None:
    open_page(page, dashboard_url, "decoding", f"{QUERY}&prompt=KING%3A")
    for section, key in (("side by side", "seed"), ("what goes wrong", "seed-q")):
        page.get_by_text(section, exact=True).click()
        if section == "side by side":
            page.get_by_role("button", name="Columns, length, seed").click()
        # By its key: for a moment the section that is left still shows a seed of its own.
        seed = page.locator(dom.keyed(key)).get_by_role("slider", name="Seed")
        expect(seed).to_be_visible()
        wait_ready(page)
        expect(page.get_by_role("slider", name="Seed")).to_have_count(1)
        for _ in range(5):
            seed.press("ArrowRight")
        wait_ready(page)
        page.wait_for_timeout(1000)  # what would undo it comes from the server, late
        expect(page).to_have_url(re.compile(rf"[?&]{key}=5(&|$)"))


def test_bars_and_text_follow_temperature_a_random_number_and_a_slider_that_is_replaced(
    page: Page, dashboard_url: str
) -> None:
    open_page(page, dashboard_url, "decoding", QUERY + "&way-b=temperature&t-b=0.5")
    bars = page.locator("[data-plot=bars] svg[role]").nth(1)
    expect(bars).to_have_attribute("aria-label", re.compile("after temperature"))
    before = bars.get_attribute("aria-label")
    page.get_by_role("slider", name="Temperature").press("End")
    expect(bars).not_to_have_attribute("aria-label", before or "")
    expect(page).to_have_url(re.compile("t-b=2"))
    wait_ready(page)
    assert bars.get_attribute("aria-label") != before
    # The cumulative line has a place of its own beside the bars: nothing lies over a bar.
    edges = f"""(svg) => {{
      const boxes = (of) => [...svg.querySelectorAll(of)].map((e) => e.getBoundingClientRect());
      return [Math.max(...boxes('[fill="{palette.BLUE}"], [fill="{palette.GREY}"]')
        .map((box) => box.right)), Math.min(...boxes('[stroke="{palette.PURPLE}"]')
        .map((box) => box.left))];
    }}"""
    bar, line = bars.evaluate(edges)
    assert bar < line
    no_errors(page)

    strip = page.locator("[data-plot=draw]:visible svg[role]")
    expect(page.get_by_text("The random number 0.").first).to_contain_text("selected")
    strip.press("ArrowRight")
    expect(page.get_by_text("would select").first).to_be_visible()
    assert "u=" not in page.url
    no_errors(page)
    a_step_slider_that_stopped_is_replaced_by_the_servers(page)


def a_step_slider_that_stopped_is_replaced_by_the_servers(page: Page) -> None:
    expect(page.locator("[data-plot=bars] svg[role]").first).to_be_visible()
    page.evaluate("""() => { for (const one of window.unrolledLive.steps.drawn)
      one.draw = () => { throw new Error("broken"); }; }""")
    page.get_by_role("slider", name="Step", exact=True).press("ArrowRight")
    expect(page.get_by_text("so the server draws it")).to_be_visible()
    wait_ready(page)
    slider = page.locator(dom.SLIDER).get_by_role("slider", name="Step")
    expect(slider).to_have_count(1)
    slider.press("ArrowRight")
    expect(page.locator("[data-plot=bars] svg[role]").first).to_have_attribute(
        "aria-label", re.compile("step [23]")
    )
    no_errors(page)


def test_no_section_is_wider_than_a_phone(phone_page: Page, dashboard_url: str) -> None:
    tab = Tab(phone_page, dashboard_url)
    open_page(phone_page, dashboard_url, "decoding", QUERY)
    others = "what goes wrong", "epoch by epoch", "shared keys", "the KV cache"
    for section in ("side by side", *others):
        if section in others:
            tab.turn(phone_page.get_by_role("radio", name=section, exact=True))
        no_errors(phone_page)
        width = phone_page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], section
    open_page(phone_page, dashboard_url, "decoding", "section=the KV cache")
    bars = phone_page.locator(f"{dom.keyed('figure-passes')} {dom.ELEMENT}:has({dom.PLOT})")
    assert bars.evaluate("(one) => one.scrollWidth <= one.clientWidth"), "its names are wrapped"
