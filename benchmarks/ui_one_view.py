"""What one window of 1280×720 shows: sliders with what they change, and main figures."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page

from benchmarks.measure import Row
from benchmarks.table import within
from dashboard import lessons
from tests.browser.one_view import CHANGED, FIGURE, LATE, look, prepare, sections

SHARE = 95  # percent


def one_view(page: Page, address: str) -> Iterator[Row]:
    """Two rows: the share of all sliders, and of all views."""
    prepare(page)
    found = [
        look(page, address, view)
        for view in sections(lesson.name for lesson in lessons.available())
    ]
    shares = [share for seen in found for share, _ in seen.sliders.values()]
    good = 100 * sum(share >= CHANGED for share in shares) / len(shares)
    said = f"{len(shares)} sliders that stand in one window with {CHANGED:.0%} of what they change"
    yield within("one-view", "%", SHARE, [good], said)
    main = [seen.figure for seen in found if seen.figure is not None]
    late = sum(seen.late > LATE for seen in found)
    whole = 100 * sum(share >= FIGURE for share in main) / len(main)
    said = (
        f"{len(main)} views that open with {FIGURE:.0%} of their main figure; {late} of "
        f"{len(found)} have text later than {LATE / 1000:.0f} s"
    )
    yield within("one-view-figure", "%", SHARE, [whole], said)
