"""What one window of 1280×720 shows: a sample of `python -m tests.browser.one_view`."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Windows
from tests.browser.one_view import CHANGED, FIGURE, look, prepare
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


@pytest.fixture(scope="module")
def own(windows: Windows) -> Iterator[Page]:
    """A window that measures every page which the tests of this file open in it."""
    with windows.window() as window:
        own = window.context.new_page()
        prepare(own)
        yield own


@pytest.mark.parametrize("view", SAMPLE, ids=str)
def test_the_figure_and_what_a_slider_changes_are_in_view(
    view: View, own: Page, dashboard_url: str
) -> None:
    seen = look(own, dashboard_url, view)
    assert seen.figure is not None
    assert seen.figure >= FIGURE, seen.failures
    assert seen.captions == []
    assert all(share >= CHANGED for share, _ in seen.sliders.values()), seen.failures


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
    gap: int, low: float, high: float, own: Page, dashboard_url: str
) -> None:
    address = f"{dashboard_url}/made-up"  # of this machine, whose pages one process draws
    own.unroute_all()
    own.route(address, lambda route: route.fulfill(
        body=MADE_UP.format(gap=gap), content_type="text/html"))  # fmt: skip
    own.goto(address)
    own.evaluate("oneView.remember()")
    slider = own.get_by_role("slider")
    slider.press("ArrowRight")
    found = slider.evaluate("(slider) => oneView.share(slider)")
    assert found["changed"] == ["near"]
    assert low <= found["best"] <= high
