"""The RNN lesson in a browser: arrow keys step, the slider redraws, the orbit plays."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from dashboard.components import streamlit_dom as dom
from tests.browser.conftest import PHONE
from tests.browser.waiting import no_errors, open_page, until, wait_ready

DECAY = "section=Eigenvalues+and+decay"


def test_arrow_keys_step_through_the_expansion(
    page: Page, dashboard_url: str, console: list[str]
) -> None:
    open_page(page, dashboard_url, "rnn", "T=3")
    expect(page.get_by_text("Step 0 of 5")).to_be_visible()

    def at_the_end() -> None:  # the page is drawn a moment before it listens to keys
        page.keyboard.press("End")
        expect(page.get_by_text("Step 5 of 5")).to_be_visible(timeout=2_000)

    until(at_the_end)
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("Step 4 of 5")).to_be_visible()
    page.keyboard.press("Home")
    expect(page.get_by_text("Step 0 of 5")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Step 1 of 5")).to_be_visible()
    expect(page.locator(".katex .colorbox").first).to_be_visible()
    no_errors(page)
    # Streamlit first looks for itself below the page's own address, which is not an error of ours.
    assert [line for line in console if "404" not in line] == []


def test_moving_the_radius_redraws_and_stands_in_the_link(page: Page, dashboard_url: str) -> None:
    open_page(page, dashboard_url, "rnn", DECAY + "&matrix=Orthogonal&rho=0.9")
    expect(page.get_by_text("‖W_h^(T−1)‖ peaks at T = 1: 1.")).to_be_visible()
    slider = page.locator(dom.SLIDER).filter(has_text="Spectral radius").locator("input")
    slider.focus()
    slider.press("End")
    expect(page.get_by_text("Up to T = 200, ‖W_h^(T−1)‖ peaks at T = 200")).to_be_visible()
    expect(page).to_have_url(re.compile("rho=1.5"))
    wait_ready(page)
    no_errors(page)


def test_the_script_has_the_settings_of_the_moment(page: Page, dashboard_url: str) -> None:
    open_page(page, dashboard_url, "rnn", DECAY + "&longest=50")
    slider = page.locator(dom.SLIDER).filter(has_text="T up to").locator("input")
    slider.focus()
    slider.press("ArrowRight")
    expect(page).to_have_url(re.compile("longest=60"))
    wait_ready(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Script").click()
    assert "longest = 60\n" in Path(download.value.path()).read_text(encoding="utf-8")


def test_the_orbit_plays(page: Page, dashboard_url: str) -> None:
    open_page(page, dashboard_url, "rnn", DECAY + "&matrix=Scaled+rotation&size=2&view=orbit")
    figure = page.locator(dom.keyed("figure-orbit"))
    expect(figure.locator(".slider-label").filter(has_text="k = 0")).to_have_count(1)
    figure.locator(".updatemenu-button").first.click()
    expect(figure.locator(".slider-label").filter(has_text="k = 3")).to_have_count(1)
    no_errors(page)


def test_nothing_is_wider_than_a_phone(phone_page: Page, dashboard_url: str) -> None:
    for section in ("Expansion", "Eigenvalues+and+decay", "Learning", "Cost"):
        open_page(phone_page, dashboard_url, "rnn", f"section={section}&T=12")
        width = phone_page.locator(dom.MAIN).evaluate("main => main.scrollWidth")
        assert width <= PHONE["width"], section
        no_errors(phone_page)
