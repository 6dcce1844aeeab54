"""The drawings of networks fit their windows: a laptop, the stage, a phone, 200 % zoom."""

import pytest
from playwright.sync_api import Page, expect

from core.study.storyline import storyline
from dashboard.components import streamlit_dom as dom
from dashboard.palette import FIGURE_FONT_SIZE
from tests.browser.conftest import DESKTOP
from tests.browser.waiting import no_errors, open_page

DRAWINGS = {
    "rnn": "section=Network",
    "attention": "network=true",
    "vit": "network=true",
    "decoding": "section=the+KV+cache&network=true",
}
SMALL = [(360, 740), (640, 360)]  # a phone, 1280×720 at a zoom of 200 %
BEATS = {"rnn": 1, "attention": 1, "gpt": 2, "vit": 2, "decoding": 5}
SMALLEST = """svg => Math.min(...[...svg.querySelectorAll('text')].filter(t => t.textContent)
  .map(t => {
    const { a, b } = t.getScreenCTM();
    return parseFloat(getComputedStyle(t).fontSize) * Math.hypot(a, b);
  }))"""


@pytest.mark.parametrize("lesson", DRAWINGS)
def test_controls_drawing_and_sentence_fit_one_window_and_none_is_wider_than_a_small_one(
    lesson: str, page: Page, dashboard_url: str
) -> None:
    open_page(page, dashboard_url, lesson, DRAWINGS[lesson])
    drawing = page.locator(".net svg.drawing")
    top = page.locator(".net div.bar").bounding_box()
    end = page.locator(".net .read").bounding_box()
    assert top is not None
    assert end is not None
    assert end["y"] + end["height"] - top["y"] <= DESKTOP["height"] - 60  # the header stays on top
    assert drawing.evaluate(SMALLEST) >= 14
    if lesson == "vit":
        maps_have_no_hole(page)
    for width, height in SMALL:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(400)
        expect(drawing.locator("text").first).to_be_attached()
        no_errors(page)
        wide = page.locator(dom.MAIN).evaluate("main => main.scrollWidth")
        assert wide <= width, f"{lesson} is wider than a window of {width} × {height}"
        box = drawing.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= width


def maps_have_no_hole(page: Page) -> None:
    """A weight too small for its byte is drawn in the first colour: nothing is masked there."""
    maps = page.locator(".net .head image")
    expect(maps.nth(11)).to_be_attached()
    least = maps.evaluate_all("""(all) => Promise.all(all.map(async (one) => {
      const picture = new Image();
      picture.src = one.getAttribute("href");
      await picture.decode();
      const canvas = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
      canvas.drawImage(picture, 0, 0);
      const { data } = canvas.getImageData(0, 0, picture.width, picture.height);
      return Math.min(...data.filter((_, i) => i % 4 === 3));
    }))""")
    assert least == [255] * 12


@pytest.mark.long
@pytest.mark.parametrize("lesson", BEATS)
def test_the_last_row_reads_it(lesson: str, page: Page, dashboard_url: str) -> None:
    beat = BEATS[lesson]
    assert {"unrolled", "drawn", "filling"} & set(storyline(lesson).beats[beat - 1].show)
    open_page(page, dashboard_url, lesson, f"mode=present&beat={beat}")
    drawing = page.locator(".net svg.drawing")
    expect(drawing.locator("text").first).to_be_visible()
    assert drawing.evaluate(SMALLEST) >= FIGURE_FONT_SIZE - 1.5
    end = page.locator(".net .read").bounding_box()
    assert end is not None
    assert end["y"] + end["height"] <= DESKTOP["height"]
