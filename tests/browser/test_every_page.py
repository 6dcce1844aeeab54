"""Every page in a browser: it opens from its own address, has no barriers, fits every window."""

import re

import pytest
from playwright.sync_api import Page, expect

from dashboard import lessons
from dashboard.components import streamlit_dom as dom
from tests.browser.axe import barriers_in_both_themes
from tests.browser.waiting import messages, no_errors, open_page, quiet

NAMES = [lesson.name for lesson in lessons.available()]
# A phone, a narrow one, 1280×720 at a zoom of 200%, a projector, where the panes begin, a wall.
SIZES = [(390, 844), (360, 740), (640, 360), (1024, 768), (1100, 720), (2560, 1440)]
# Below a page's address the client looks for the server's settings once before it finds the root.
EXPECTED = "404 (Not Found)"
# The words that end in an ellipsis because they have no room; a formula has hidden text beside it.
CUT = """main => [...main.querySelectorAll("*")]
  .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1 &&
    getComputedStyle(one).textOverflow === "ellipsis" && !one.querySelector(".katex"))
  .map((one) => one.textContent)"""
FITS = "box => box.scrollWidth <= box.clientWidth + 1"
ZOOMED = {"width": 320, "height": 256}  # 1280×1024 at a zoom of 400%
# [name of what has the focus, whether that can be seen]: an outline, a shadow, or a border in the
# colour that Streamlit gives to a field with the focus.
PRIMARY = "rgb(0, 89, 156)"  # in the light theme of dashboard/.streamlit/config.toml
FOCUS = """(primary) => {
  let at = document.activeElement;
  while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  const name = at.getAttribute("aria-label") || at.innerText || at.title || at.localName;
  const shown = (one) => {
    const style = getComputedStyle(one);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) ||
      style.boxShadow !== "none" ||
      (at.matches("input") && style.borderTopWidth !== "0px" && style.borderTopColor === primary);
  };
  const around = [at];
  while (around.length < 6 && around.at(-1).parentElement) around.push(around.at(-1).parentElement);
  const inside = at.closest("label")?.querySelectorAll("*") ?? [];
  return [name.trim(), [...around, ...inside].some(shown)];
}"""


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_no_barrier_light_or_dark_nor_at_four_times_its_size(
    name: str, page: Page, console: list[str], dashboard_url: str
) -> None:
    open_page(page, dashboard_url, name)
    no_errors(page)
    assert barriers_in_both_themes(page) == []
    page.set_viewport_size(ZOOMED)
    page.wait_for_timeout(400)
    assert page.locator(dom.MAIN).evaluate(FITS)
    assert page.locator("html").evaluate(FITS)
    assert [error for error in console if EXPECTED not in error] == []


def test_a_lesson_is_worked_through_with_the_keyboard_alone(page: Page, dashboard_url: str) -> None:
    sent = messages(page)
    open_page(page, dashboard_url, "positions")
    quiet(page, sent)
    before = len(sent)
    page.keyboard.press("r")  # a letter alone does nothing
    page.wait_for_timeout(500)
    assert len(sent) == before

    hidden: list[str] = []

    def tab_to(wanted: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            name, shown = page.evaluate(FOCUS, PRIMARY)
            hidden.extend([] if shown else [name])
            if wanted in name:
                return
        raise AssertionError(f"Tab does not come to {wanted!r}")

    tab_to("Position t")
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("[?&]t=11"))
    tab_to("Formula: ")
    page.keyboard.press("ArrowDown")
    expect(page).not_to_have_url(re.compile("[?&]t=11"))
    tab_to("Show the PyTorch")
    page.keyboard.press("Enter")
    expect(page.get_by_text("def sinusoidal")).to_be_visible()
    assert hidden == []


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_a_page_fits_every_window(name: str, phone_page: Page, dashboard_url: str) -> None:
    phone_page.emulate_media(reduced_motion="reduce", forced_colors="active")
    open_page(phone_page, dashboard_url, name)
    no_errors(phone_page)
    for width, height in SIZES:
        phone_page.set_viewport_size({"width": width, "height": height})
        phone_page.wait_for_timeout(400)
        assert phone_page.locator(dom.MAIN).evaluate(FITS), width
        assert phone_page.locator("html").evaluate(FITS), width
        assert phone_page.locator(dom.MAIN).evaluate(CUT) == [], width
