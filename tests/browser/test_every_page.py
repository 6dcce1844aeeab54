"""Every page in a browser: its sections are whole, it has no barriers, it fits every window.

Its sections are a sample of `make crawl`.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from dashboard import lessons
from dashboard.components import streamlit_dom as dom
from tests.browser.axe import barriers_in_both_themes
from tests.browser.conftest import DESKTOP
from tests.browser.crawl import Tab
from tests.browser.crawl_scenes import Scene
from tests.browser.waiting import messages, no_errors, open_page, quiet
from tests.crawl.views import View

NAMES = [lesson.name for lesson in lessons.available()]
SECTIONS = ("section", "try", "compare", "feed", "kind", "reads")  # what turns a page over
# To how many other views that turns each page, 40 in all; a page that is not named has none.
TURNED = {
    **{"rnn": 7, "attention": 4, "heads": 8, "vit": 1, "patches": 1, "maps": 3},
    **{"versus": 5, "gpt": 5, "decoding": 4, "train": 2},
}
CHOSEN = "(all) => all.findIndex((one) => one.ariaChecked === 'true')"
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


def sections_stand_in_one_line(page: Page) -> None:
    tabs = page.locator(dom.SEGMENTED).first.get_by_role("radio")
    tops = tabs.evaluate_all("(all) => all.map((one) => one.getBoundingClientRect().top)")
    assert len(tops) > 4
    assert len(set(tops)) == 1


def the_six_maps_have_titles_of_one_line_and_each_can_be_saved(page: Page) -> None:
    titles = page.locator(f"{dom.keyed('six-maps')} p > strong")
    expect(titles).to_have_count(6)
    boxes = titles.evaluate_all("(all) => all.map((one) => one.getClientRects().length)")
    assert boxes == [1] * 6
    pictures = page.locator(f"{dom.keyed('six-maps')} img")
    tops = pictures.evaluate_all("(all) => all.map((one) => one.getBoundingClientRect().top)")
    assert len({round(top) for top in tops}) == 2
    buttons = page.locator(f"{dom.keyed('six-maps')} {dom.POPOVER_BUTTON}")
    expect(buttons).to_have_count(6)
    for button in buttons.all():
        button.click()  # waits until nothing covers it
        expect(page.locator(dom.POPOVER)).to_be_visible()
        page.keyboard.press("Escape")


# The words of legends that lie under the buttons of their figure
COVERED = """(plots) => plots.flatMap((plot) => {
  const bar = plot.querySelector(".modebar").getBoundingClientRect();
  return [...plot.querySelectorAll(".legendtext")].filter((text) => {
    const box = text.getBoundingClientRect();
    return box.right > bar.left && box.top < bar.bottom && box.bottom > bar.top;
  }).map((text) => text.textContent);
})"""


def no_legend_is_covered(page: Page) -> None:
    plots = page.locator(f"{dom.PLOT}:visible:has(.legendtext):has(.modebar)")
    expect(plots).not_to_have_count(0)
    assert plots.evaluate_all(COVERED) == []


# What else holds of a view
MORE = {
    "gpt": sections_stand_in_one_line,
    "heads": sections_stand_in_one_line,
    "decoding": sections_stand_in_one_line,
    "maps": the_six_maps_have_titles_of_one_line_and_each_can_be_saved,
    "versus": no_legend_is_covered,
    "train": no_legend_is_covered,
    "rnn: Cost": no_legend_is_covered,
}


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_no_barrier_light_or_dark_enlarged_or_by_keys_and_its_sections_are_whole(
    name: str, page: Page, console: list[str], dashboard_url: str
) -> None:
    sent = messages(page)
    tab = Tab(page, dashboard_url)
    said = {name: tab.open(Scene(View(name)))}
    no_errors(page)
    if name in MORE:
        MORE[name](page)
    assert barriers_in_both_themes(page) == []
    page.set_viewport_size(ZOOMED)
    page.wait_for_timeout(400)
    assert page.locator(dom.MAIN).evaluate(FITS)
    assert page.locator("html").evaluate(FITS)
    assert [error for error in console if EXPECTED not in error] == []

    page.set_viewport_size(DESKTOP)
    if name == "positions":
        it_is_worked_through_with_the_keyboard_alone(page, sent)
    for view, trouble in turned_over(name, page, tab):
        said[view] = trouble
        if view in MORE:
            MORE[view](page)
    assert {view: trouble for view, trouble in said.items() if trouble} == {}
    assert len(said) == 1 + TURNED.get(name, 0), sorted(said)
    assert {view for view in MORE if view.split(":")[0] == name} <= set(said)


def turned_over(name: str, page: Page, tab: Tab) -> Iterator[tuple[str, list[str]]]:
    """The open page with every option of what turns it over pressed, and what is wrong then."""
    controls = [page.locator(f"{dom.ELEMENT}{dom.keyed(key)}") for key in SECTIONS]
    before = None  # the option to which the control before has to return
    for options in [one.get_by_role("radio") for one in controls if one.count()]:
        if before:
            tab.press(before)
        expect(options.first).to_be_visible()
        chosen = options.evaluate_all(CHOSEN)
        for at, label in enumerate(options.all_inner_texts()):
            if at != chosen:
                yield f"{name}: {label}", tab.press(options.nth(at))
        before = options.nth(chosen)


def it_is_worked_through_with_the_keyboard_alone(page: Page, sent: list[object]) -> None:
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
