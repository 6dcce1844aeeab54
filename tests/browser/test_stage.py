"""A lecturer presents every storyline from the first beat to the last, with the keyboard alone."""

import re
from collections.abc import Callable, Iterator
from functools import cache

import pytest
from playwright.sync_api import Page, expect

from core.study.storyline import lessons, storyline
from dashboard.components import streamlit_dom as dom
from dashboard.lessons import by_name
from dashboard.palette import FIGURE_FONT_SIZE
from tests.browser.axe import barriers_in_both_themes
from tests.browser.conftest import DESKTOP, Windows
from tests.browser.waiting import no_errors, open_page, wait_ready

# The size on the screen of every word drawn in a figure, whatever its picture is scaled by. px
_SIZES = """(plot) => [...document.querySelectorAll(`${plot} text`)]
  .filter(t => t.textContent.trim() && t.getBoundingClientRect().width && t.checkVisibility())
  .map(t => {
    const m = t.getScreenCTM();
    return [t.textContent, parseFloat(getComputedStyle(t).fontSize) * Math.hypot(m.a, m.b)];
  })"""
# The keys of which one of these elements can be seen.
_SEEN = """(all, places) => {
  const shown = all.filter((one) => {
    const box = one.getBoundingClientRect();
    return one.checkVisibility({ visibilityProperty: true }) && box.width && box.height;
  });
  return Object.keys(places).filter((key) => shown.some((one) => one.matches(places[key])));
}"""
_ENDS = "(all) => all.map((one) => one.getBoundingClientRect().bottom)"
FIGURES = f"{dom.PLOT}:visible, {dom.IMAGE} img:visible, [data-plot] svg[role]:visible"

TOLD = [name for name in lessons() if by_name(name).path.is_file()]
TOGETHER = [
    ("gpt", 1), ("gpt", 3), ("vit", 6), ("rnn", 4), ("heads", 1), ("decoding", 3),
    ("patches", 3), ("positions", 3), ("maps", 3), ("versus", 2), ("versus", 5),
]  # fmt: skip
Ends = tuple[list[float], float]  # where each figure ends and where the keys begin, in px


@pytest.fixture(scope="module")
def window(windows: Windows, dashboard_url: str) -> Iterator[Page]:
    """The window in which the tests of this file open their pages, one after the other."""
    with windows.window() as window:
        window.goto(f"{dashboard_url}/_stcore/health")  # has the storage of the dashboard's pages
        yield window


@pytest.fixture
def page(window: Page) -> Page:
    """The same, alone and with nothing kept of the pages before."""
    for other in window.context.pages:
        if other is not window:
            other.close()
    window.evaluate("localStorage.clear()")
    return window


@pytest.fixture(scope="module")
def presented(window: Page, dashboard_url: str) -> Callable[[str], dict[int, Ends]]:
    """Presents a storyline, once for all tests."""
    return cache(lambda lesson: present(window, dashboard_url, lesson))


def in_view(page: Page, keys: tuple[str, ...]) -> set[str]:
    """Which of a beat's figures and controls can be seen."""
    places = {
        key: f"{dom.keyed(key)}, {dom.keyed('figure-' + key)}, [data-plot={key}]" for key in keys
    }
    return set(page.locator(", ".join(places.values())).evaluate_all(_SEEN, places))


def comes_to_show(page: Page, keys: tuple[str, ...], wanted: set[str]) -> set[str]:
    """What `in_view` finds once that is what is wanted, or after ten seconds."""
    for _ in range(100):
        if (seen := in_view(page, keys)) == wanted:
            break
        page.wait_for_timeout(100)  # an instrument draws itself after the page has come
    return seen


def at_beat(page: Page, number: int, of: int) -> None:
    """Wait for the bar with the keys."""
    bar = page.get_by_role("navigation", name="Beats of the storyline")
    expect(bar.get_by_role("status")).to_have_text(f"{number} / {of}", timeout=60_000)
    wait_ready(page)


def ends(page: Page) -> Ends:
    """Where the figures that can be seen end, and where the keys begin."""
    figures = page.locator(FIGURES)
    expect(figures.first).to_be_visible()
    keys = page.locator(dom.keyed("stage-keys")).bounding_box()
    assert keys is not None
    return figures.evaluate_all(_ENDS), keys["y"]


def all_else_is_hidden_and_the_maps_need_no_scrolling(page: Page) -> None:
    maps = page.get_by_role("application", name="One map")
    expect(maps).to_be_visible()
    for label in ("The text", "More changes", "Show the PyTorch"):
        expect(page.get_by_text(label)).to_be_hidden()
    box = maps.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= DESKTOP["height"]


MARK = "e => [getComputedStyle(e, '::after').content, getComputedStyle(e, '::after').visibility]"


def axes_wait_for_their_curves_and_a_letter_that_is_off_reveals_none(page: Page) -> None:
    plot = page.locator(f"{dom.keyed('figure-share')} {dom.PLOT}")
    expect(plot.locator(".xtick text").first).to_be_visible()
    expect(plot.locator(".trace path").first).to_be_hidden()
    assert plot.evaluate(MARK) == ['"?"', "visible"]
    letters = page.get_by_role("button", name="R N")
    letters.click()
    expect(letters).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("r")
    page.wait_for_timeout(500)
    expect(page).not_to_have_url(re.compile("reveal"))
    letters.click()
    expect(letters).to_have_attribute("aria-pressed", "true")
    letters.blur()


def the_curves_have_come(page: Page) -> None:
    plot = page.locator(f"{dom.keyed('figure-share')} {dom.PLOT}")
    expect(plot.locator(".trace path.point").first).to_be_visible()


def the_second_series_waits(page: Page) -> None:
    series = page.locator(f"{dom.keyed('figure-off')} {dom.PLOT} .trace.bars")
    expect(series.nth(0).locator("path").first).to_be_visible()
    expect(series.nth(1).locator("path").first).to_be_hidden()
    assert page.locator(f"{dom.keyed('figure-off')} {dom.PLOT}").evaluate(MARK)[0] == "none"


def a_frame_waits_for_its_figure(page: Page) -> None:
    frame = page.locator(dom.keyed("figure-known"))
    expect(frame).to_be_hidden()
    assert frame.evaluate(MARK) == ['"?"', "visible"]
    assert frame.locator(dom.PLOT).evaluate(MARK)[0] == "none"  # one for the frame is enough


def arrow_keys_on_a_focused_figure_move_its_mark_and_not_the_beat(page: Page) -> None:
    figure = page.locator("[data-plot=eigenvalues] svg[role=application]").last
    figure.focus()
    before = figure.locator("circle").last.get_attribute("cx")
    page.keyboard.press("ArrowRight")
    expect(figure.locator("circle").last).not_to_have_attribute("cx", str(before))
    expect(page).to_have_url(re.compile("beat=4"))
    figure.blur()


def no_barrier(page: Page) -> None:
    assert barriers_in_both_themes(page) == []


def no_barrier_on_the_way_to_the_room(page: Page) -> None:
    expect(page.get_by_role("link", name="Ask the room")).to_be_visible()
    no_barrier(page)


# What else holds of a beat, before its Reveal and after it
MORE = {
    ("patches", 1): no_barrier_on_the_way_to_the_room,
    ("gpt", 2): no_barrier,
    ("attention", 2): all_else_is_hidden_and_the_maps_need_no_scrolling,
    ("rnn", 4): arrow_keys_on_a_focused_figure_move_its_mark_and_not_the_beat,
    ("versus", 2): axes_wait_for_their_curves_and_a_letter_that_is_off_reveals_none,
    ("heads", 3): the_second_series_waits,
    ("maps", 3): a_frame_waits_for_its_figure,
}
REVEALED = {("versus", 2): the_curves_have_come}


def present(page: Page, address: str, lesson: str) -> dict[int, Ends]:
    """Present a storyline with the keyboard alone; for the beats of TOGETHER, where figures end."""
    story = storyline(lesson)
    assert {beat for name, beat in MORE if name == lesson} <= set(range(1, len(story.beats) + 1))
    found = {}
    open_page(page, address, lesson, query="mode=present")
    page.evaluate("localStorage.clear()")  # an attempt that failed may have left letters off
    for number, beat in enumerate(story.beats, 1):
        expect(page.get_by_role("heading", level=1)).to_have_text(beat.sentence, timeout=60_000)
        at_beat(page, number, len(story.beats))
        no_errors(page)
        shown = set(beat.show) - set(beat.hold) | set(beat.axes)
        seen = comes_to_show(page, beat.show, shown)
        assert shown == seen, f"beat {number} shows {seen}, not {shown}"
        assert [
            text for text, size in page.evaluate(_SIZES, dom.PLOT) if size < FIGURE_FONT_SIZE - 0.1
        ] == []
        if (lesson, number) in TOGETHER and not beat.hold:
            found[number] = ends(page)
        if (lesson, number) in MORE:
            MORE[lesson, number](page)
        reveal = page.locator(f"{dom.keyed('stage-beat')} strong")
        assert reveal.count() == 0
        page.keyboard.press("r")
        expect(reveal).to_be_visible(timeout=30_000)
        wait_ready(page)
        whole = set(beat.show)
        assert whole == comes_to_show(page, beat.show, whole), f"beat {number} after Reveal"
        if (lesson, number) in REVEALED:
            REVEALED[lesson, number](page)
        if (lesson, number) in TOGETHER and beat.hold:
            found[number] = ends(page)
        if number < len(story.beats):
            page.keyboard.press("ArrowRight" if number % 2 else " ")
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile(rf"beat={len(story.beats) - 1}(&|$)"), timeout=30_000)
    return found


@pytest.mark.timeout(240)
@pytest.mark.parametrize("lesson", TOLD)
def test_a_storyline_is_presented_by_keys_beats_show_and_hide_what_they_should_axe_looks_at_two(
    lesson: str, presented: Callable[[str], dict[int, Ends]]
) -> None:
    presented(lesson)


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("lesson", "beat"), TOGETHER)
def test_a_figure_and_its_controls_are_in_view_together(
    lesson: str, beat: int, presented: Callable[[str], dict[int, Ends]]
) -> None:
    figures, keys = presented(lesson)[beat]
    assert figures
    assert all(end <= keys for end in figures), "the keys hide none"


def test_arrow_keys_step_through_layers_and_heads_and_reveal_pushes_nothing_down(
    page: Page, dashboard_url: str
) -> None:
    beat = storyline("gpt").beats[2]
    open_page(page, dashboard_url, "gpt", query="mode=present&beat=3&layer=1")
    at_beat(page, 3, len(storyline("gpt").beats))
    plot = page.locator(f"{dom.keyed('figure-map')} {dom.PLOT}")
    answer = page.get_by_text(beat.reveal)
    expect(answer).to_be_hidden()
    page.keyboard.press("ArrowDown")
    expect(page).to_have_url(re.compile("layer=2"))
    page.keyboard.press("ArrowUp")
    expect(page).to_have_url(re.compile("layer=1"))
    page.keyboard.press("Shift+ArrowDown")
    expect(page).to_have_url(re.compile("head=4"))
    wait_ready(page)
    expect(answer).to_be_hidden()
    before = plot.bounding_box()
    page.keyboard.press("r")
    expect(answer).to_be_visible()
    wait_ready(page)
    lines = "(one) => one.getClientRects().length"
    assert page.locator(f"{dom.keyed('stage-beat')} strong").evaluate(lines) == 2
    assert plot.bounding_box() == before


def test_a_beat_has_its_own_link_and_the_notes_follow_in_a_second_window(
    page: Page, dashboard_url: str
) -> None:
    story = storyline("gpt")
    open_page(page, dashboard_url, "gpt", query="mode=present&beat=6")
    expect(page.get_by_role("heading", level=1)).to_have_text(story.beats[5].sentence)
    expect(page.get_by_role("slider", name="Top-p")).to_be_visible()
    at_beat(page, 6, len(story.beats))
    with page.context.expect_page() as opened:
        page.keyboard.press("n")
    page.bring_to_front()
    page.keyboard.press("ArrowLeft")  # before the other window can listen
    at_beat(page, 5, len(story.beats))
    notes = opened.value
    expect(notes.get_by_text(story.beats[4].notes)).to_be_visible(timeout=60_000)
    assert page.get_by_text(story.beats[4].notes).count() == 0
    page.keyboard.press("ArrowRight")
    expect(notes.get_by_text(story.beats[5].notes)).to_be_visible(timeout=60_000)
