"""What one window of 1280×720 shows: a sample of `python -m tests.browser.one_view`."""

import pytest
from playwright.sync_api import Page, expect

from dashboard.components import streamlit_dom as dom
from tests.browser.one_view import CHANGED, FIGURE, look, prepare
from tests.browser.waiting import open_page
from tests.crawl.views import View

DECAY = ("section", "Eigenvalues and decay")
SAMPLE = [
    View("rnn", (DECAY,)),
    View("rnn", (DECAY, ("view", "orbit"))),
    View("rnn", (("section", "Learning"),)),
    View("rnn", (("section", "Cost"),)),
    View("positions"),
    View("vit", (("network", "true"),)),
]


@pytest.mark.parametrize("view", SAMPLE, ids=str)
def test_the_figure_and_what_a_slider_changes_are_in_view(
    view: View, page: Page, dashboard_url: str
) -> None:
    prepare(page)
    seen = look(page, dashboard_url, view)
    assert seen.figure is not None
    assert seen.figure >= FIGURE, seen.failures
    assert seen.captions == []
    assert all(share >= CHANGED for share, _ in seen.sliders.values()), seen.failures


@pytest.mark.parametrize("lesson", ["gpt", "heads", "decoding"])
def test_all_sections_stand_in_one_line(lesson: str, page: Page, dashboard_url: str) -> None:
    open_page(page, dashboard_url, lesson)
    tabs = page.locator(dom.SEGMENTED).first.get_by_role("radio")
    tops = tabs.evaluate_all("(all) => all.map((one) => one.getBoundingClientRect().top)")
    assert len(tops) > 4
    assert len(set(tops)) == 1


def test_the_six_maps_have_titles_of_one_line(page: Page, dashboard_url: str) -> None:
    open_page(page, dashboard_url, "maps")
    titles = page.locator(f"{dom.keyed('six-maps')} p > strong")
    expect(titles).to_have_count(6)
    boxes = titles.evaluate_all("(all) => all.map((one) => one.getClientRects().length)")
    assert boxes == [1] * 6
    pictures = page.locator(f"{dom.keyed('six-maps')} img")
    tops = pictures.evaluate_all("(all) => all.map((one) => one.getBoundingClientRect().top)")
    assert len({round(top) for top in tops}) == 2


def test_each_of_the_six_maps_can_be_saved(page: Page, dashboard_url: str) -> None:
    open_page(page, dashboard_url, "maps")
    buttons = page.locator(f"{dom.keyed('six-maps')} {dom.POPOVER_BUTTON}")
    expect(buttons).to_have_count(6)
    for button in buttons.all():
        button.click()  # waits until nothing covers it
        expect(page.locator(dom.POPOVER)).to_be_visible()
        page.keyboard.press("Escape")


# The words of legends that lie under the buttons of their figure
_COVERED = """(plots) => plots.flatMap((plot) => {
  const bar = plot.querySelector(".modebar").getBoundingClientRect();
  return [...plot.querySelectorAll(".legendtext")].filter((text) => {
    const box = text.getBoundingClientRect();
    return box.right > bar.left && box.top < bar.bottom && box.bottom > bar.top;
  }).map((text) => text.textContent);
})"""


@pytest.mark.parametrize(
    ("lesson", "query"),
    [("rnn", "section=Cost"), ("versus", "compare=overfitting"), ("train", "kind=vit")],
)
def test_the_buttons_of_a_figure_cover_no_legend(
    lesson: str, query: str, page: Page, dashboard_url: str
) -> None:
    open_page(page, dashboard_url, lesson, query)
    plots = page.locator(f"{dom.PLOT}:visible:has(.legendtext):has(.modebar)")
    expect(plots).not_to_have_count(0)
    assert plots.evaluate_all(_COVERED) == []


MADE_UP = """
<div data-testid="stMain" style="height: 700px; overflow: auto"><h1>Title</h1>
  <label>Size <input type="range" aria-label="Size" min="0" max="9"></label>
  <div style="height: {gap}px"></div>
  <svg data-plot="near" width="400" height="300"><rect width="10" height="9"/></svg>
</div><script>
  const bar = document.querySelector("rect");
  document.querySelector("input").oninput = (e) => bar.setAttribute("width", 9 + e.target.value);
</script>"""


@pytest.mark.parametrize(("gap", "low", "high"), [(50, 0.99, 1), (600, 0.1, 0.6), (900, 0, 0)])
def test_a_figure_further_from_its_slider_is_seen_less(
    gap: int, low: float, high: float, page: Page
) -> None:
    prepare(page)
    page.route("http://made.up/", lambda route: route.fulfill(
        body=MADE_UP.format(gap=gap), content_type="text/html"))  # fmt: skip
    page.goto("http://made.up/")
    page.evaluate("oneView.remember()")
    slider = page.get_by_role("slider")
    slider.press("ArrowRight")
    found = slider.evaluate("(slider) => oneView.share(slider)")
    assert found["changed"] == ["near"]
    assert low <= found["best"] <= high
