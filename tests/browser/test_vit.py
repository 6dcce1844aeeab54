"""The Vision Transformer in a browser: another layer and head is another picture."""

from playwright.sync_api import Page, expect

from dashboard.components import streamlit_dom as dom
from tests.browser.waiting import no_errors, open_page, wait_ready


def choose(page: Page, label: str, option: str) -> None:
    page.locator(dom.MAIN).get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()
    wait_ready(page)


def test_moving_layer_and_head_changes_the_map(page: Page, dashboard_url: str) -> None:
    open_page(page, dashboard_url)
    page.locator(dom.SIDEBAR).get_by_role("link", name="Vision Transformer").click()
    page.wait_for_url("**/vit**")
    wait_ready(page)
    picture = page.locator(".st-key-figure-overlay img")
    mean = picture.get_attribute("src")
    choose(page, "Layer", "2")
    expect(picture).not_to_have_attribute("src", mean or "")
    layer = picture.get_attribute("src")
    choose(page, "Head", "1")
    expect(picture).not_to_have_attribute("src", layer or "")
    expect(page.get_by_text("Layer 2, head 1.")).to_be_visible()
    assert "layer=2" in page.url
    assert "head=1" in page.url
    no_errors(page)
