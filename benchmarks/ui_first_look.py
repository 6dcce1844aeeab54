"""Every lesson as it opens, once its libraries are in memory: its main figure and its last text."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page

from benchmarks.measure import Row
from benchmarks.table import within
from dashboard import lessons
from tests.browser.one_view import FIGURE, LATE, look, prepare
from tests.crawl.views import View

TIMES = 3  # the first of them loads what is needed, and is not counted


def first_look(page: Page, address: str) -> Iterator[Row]:
    """For each lesson: the share of its main figure in view, and the wait for its last text."""
    prepare(page)
    for lesson in lessons.available():
        view = View(lesson.name)
        found = [look(page, address, view, sliders=False) for _ in range(1 + TIMES)][1:]
        late = [seen.late for seen in found]
        said = f"from the heading to the last text in the window: “{found[-1].text}”"
        yield within(f"first-text:{lesson.name}", "ms", LATE, late, said)
        shares = [100 * seen.figure for seen in found if seen.figure is not None]
        if shares and lessons.stop_of(lesson.name) is not None:  # Home opens with words
            said = f"of {found[-1].name}, the main figure, is in view at 1280×720"
            yield within(f"first-figure:{lesson.name}", "%", 100 * FIGURE, shares, said)
