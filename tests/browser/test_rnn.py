"""The RNN lesson in a browser: arrow keys step, the slider redraws, the orbit plays."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from dashboard.components import streamlit_dom as dom
from tests.browser.conftest import PHONE
from tests.browser.crawl import Tab
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


def test_moving_the_radius_redraws_the_script_is_current_and_an_error_leaves_the_server_s_figures(
    page: Page, dashboard_url: str
) -> None:
    open_page(page, dashboard_url, "rnn", DECAY + "&matrix=Orthogonal&rho=0.9")
    figure = page.locator("[data-plot=decay] .hand")
    expect(figure).to_have_attribute("aria-label", re.compile("peaks at T = 1: 1[.]"))
    slider = page.get_by_role("slider", name="Spectral radius")
    slider.press("End")
    expect(figure).to_have_attribute("aria-label", re.compile("Up to T = 200, .* at T = 200"))
    expect(page).to_have_url(re.compile("rho=1.5"))
    wait_ready(page)
    no_errors(page)
    the_script_has_the_current_settings(page)
    slider.press("ArrowLeft")
    expect(page).to_have_url(re.compile("rho=1.49"))
    wait_ready(page)
    an_error_leaves_the_figures_of_the_server(page, "1.49")


def test_an_eigenvalue_is_dragged_with_its_conjugate(page: Page, dashboard_url: str) -> None:
    open_page(page, dashboard_url, "rnn", DECAY + "&matrix=Scaled+rotation&size=4")
    plane = page.locator("[data-plot=eigenvalues] .hand")
    expect(plane).to_have_attribute("aria-label", re.compile("largest modulus is 0.970"))
    box = plane.bounding_box()
    assert box
    selected = page.locator("[data-plot=eigenvalues] circle").first.bounding_box()
    assert selected
    x, y = selected["x"] + selected["width"] / 2, selected["y"] + selected["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 40, y, steps=4)
    page.mouse.up()
    page.wait_for_url("**moved=*")
    wait_ready(page)
    before = page.url
    plane.press("ArrowUp")
    page.wait_for_function("before => location.href !== before", arg=before)
    before = page.url
    page.mouse.click(x - 90, y - 30)  # pressed elsewhere, it goes there without dragging
    page.wait_for_function("before => location.href !== before", arg=before)
    page.reload()
    wait_ready(page)
    expect(plane).to_have_attribute("aria-label", re.compile("4 eigenvalues"))
    assert "moved=" in page.url
    no_errors(page)


def the_script_has_the_current_settings(page: Page) -> None:
    page.get_by_role("slider", name="Largest T").press("ArrowLeft")
    expect(page).to_have_url(re.compile("longest=190"))
    wait_ready(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Script").click()
    assert "longest = 190\n" in Path(download.value.path()).read_text(encoding="utf-8")


def an_error_leaves_the_figures_of_the_server(page: Page, rho: str) -> None:
    expect(page.locator(".live figure svg").first).to_be_visible()
    page.evaluate(
        """() => { const at = [...document.querySelectorAll("*")].map((e) => (e.shadowRoot ?? e)
          .querySelector(".live")).find((one) => one?.instrument).instrument;
          at.draw = () => { throw new Error("made up"); }; at.redraw(true); }"""
    )
    expect(
        page.get_by_text("stopped working in your browser, so the server draws it")
    ).to_be_visible()
    expect(page.locator(dom.keyed("figure-curves")).locator(dom.PLOT)).to_be_visible()
    slider = page.locator(dom.SLIDER).filter(has_text="Spectral radius").locator("input")
    expect(slider).to_have_value(rho)
    slider.press("End")
    expect(page).to_have_url(re.compile("rho=1.5"))
    wait_ready(page)
    no_errors(page)


def test_the_orbit_plays_and_takes_one_step_where_nothing_shall_move(
    page: Page, dashboard_url: str
) -> None:
    page.emulate_media(reduced_motion="no-preference")
    open_page(page, dashboard_url, "rnn", DECAY + "&matrix=Scaled+rotation&size=2&view=orbit")
    page.get_by_role("slider", name="Steps k").press("Home")
    figure = page.locator("[data-plot=orbit]")
    expect(figure.locator("svg[aria-label*='k = 0:']")).to_be_visible()
    figure.get_by_role("button", name="Play").click()
    expect(figure.locator("svg[aria-label*='k = 0:']")).to_have_count(0)
    expect(figure.get_by_role("button", name="Pause")).to_be_visible()
    no_errors(page)

    figure.get_by_role("button", name="Pause").click()
    page.emulate_media(reduced_motion="reduce")
    page.get_by_role("slider", name="Steps k").press("Home")
    figure.get_by_role("button", name="Play").click()
    expect(figure.locator("svg[aria-label*='k = 1:']")).to_be_visible()
    expect(figure.get_by_role("button", name="Play")).to_be_visible()
    no_errors(page)


def test_nothing_is_wider_than_a_phone(phone_page: Page, dashboard_url: str) -> None:
    tab = Tab(phone_page, dashboard_url)
    open_page(phone_page, dashboard_url, "rnn", "T=12")
    others = "Eigenvalues and decay", "Learning", "Cost"
    for section in ("Expansion", *others):
        if section in others:
            tab.turn(phone_page.get_by_role("radio", name=section, exact=True))
        width = phone_page.locator(dom.MAIN).evaluate("main => main.scrollWidth")
        assert width <= PHONE["width"], section
        no_errors(phone_page)
