"""The lecture of the whole unit, presented with the keyboard from lesson to lesson."""

import re

import pytest
from playwright.sync_api import Page, expect

from core.study.storyline import storyline
from core.study.unit import unit
from dashboard.components import streamlit_dom as dom
from tests.browser.test_stage import at_beat
from tests.browser.waiting import no_errors, open_page

# The first beat of the second stop.
CROSSING = next(i for i, beat in enumerate(unit()) if beat.stop == 2)


def check(page: Page, index: int) -> None:
    """The beat of that index is on the stage, in its own lesson."""
    here = unit()[index]
    sentence = storyline(here.lesson).beats[here.beat].sentence
    expect(page.get_by_role("heading", level=1)).to_have_text(sentence, timeout=60_000)
    expect(page).to_have_url(re.compile(rf"/{here.lesson}\?.*unit={index + 1}(&|$)"))
    at_beat(page, index + 1, len(unit()))
    no_errors(page)


def test_the_link_on_home_leads_to_the_first_beat_without_the_menu(
    page: Page, dashboard_url: str
) -> None:
    open_page(page, dashboard_url, "home")
    page.get_by_role("link", name="Present the whole unit").click()
    check(page, 0)
    expect(page.locator(dom.SIDEBAR)).to_be_hidden()
    box = page.locator(f"{dom.keyed('unrolled')} svg").first.bounding_box()
    assert box is not None
    assert box["x"] < 100, "the figure has the whole width"


def test_the_keys_lead_into_the_next_lesson_and_back_and_the_notes_follow(
    page: Page, dashboard_url: str
) -> None:
    before = unit()[CROSSING - 1]
    open_page(page, dashboard_url, before.lesson, query=f"mode=present&unit={CROSSING}")
    check(page, CROSSING - 1)
    with page.context.expect_page() as opened:
        page.keyboard.press("n")
    page.bring_to_front()
    page.keyboard.press("r")
    expect(page).to_have_url(re.compile("reveal=1"))
    page.keyboard.press("ArrowRight")
    check(page, CROSSING)
    expect(page).not_to_have_url(re.compile("reveal"))
    notes = opened.value
    expect(notes.get_by_text("Stop 2, Attention: minute 18 to")).to_be_visible(timeout=60_000)
    page.keyboard.press("ArrowLeft")
    check(page, CROSSING - 1)
    expect(notes.get_by_text("Stop 1, The unrolled RNN")).to_be_visible(timeout=60_000)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_all_of_it_is_presented_with_the_keyboard(page: Page, dashboard_url: str) -> None:
    open_page(page, dashboard_url, "home")
    page.get_by_role("link", name="Present the whole unit").click()
    for index in range(len(unit())):
        check(page, index)
        page.keyboard.press("r")
        page.keyboard.press("ArrowRight" if index % 2 else " ")
    check(page, len(unit()) - 1)
