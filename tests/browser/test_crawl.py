"""A sample of `make crawl`: every section of every page, in a browser."""

import pytest
from playwright.sync_api import Page, expect

from dashboard import lessons
from dashboard.components import streamlit_dom as dom
from tests.browser.crawl import Tab
from tests.browser.crawl_scenes import Scene
from tests.crawl.views import View

SECTIONS = ("section", "try", "compare", "feed", "kind", "reads")  # what turns a page over
CHOSEN = "(all) => all.findIndex((one) => one.ariaChecked === 'true')"


@pytest.mark.timeout(600)
def test_every_section_is_whole_as_it_is_drawn(page: Page, dashboard_url: str) -> None:
    """Every page as it opens, and with every option of what turns it over pressed."""
    tab = Tab(page, dashboard_url)
    said: dict[str, list[str]] = {}
    for lesson in lessons.available():
        said[lesson.name] = tab.open(Scene(View(lesson.name)))
        controls = [page.locator(f"{dom.ELEMENT}{dom.keyed(key)}") for key in SECTIONS]
        before = None  # the option to which the control before has to return
        for options in [one.get_by_role("radio") for one in controls if one.count()]:
            if before:
                tab.press(before)
            expect(options.first).to_be_visible()
            chosen = options.evaluate_all(CHOSEN)
            for at, label in enumerate(options.all_inner_texts()):
                if at != chosen:
                    said[f"{lesson.name}: {label}"] = tab.press(options.nth(at))
            before = options.nth(chosen)
    assert len(said) > 30
    assert {view: trouble for view, trouble in said.items() if trouble} == {}
