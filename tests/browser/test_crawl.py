"""A sample of `make crawl`: every section of every page, in a browser."""

import pytest

from dashboard import lessons
from tests.browser.crawl import visit
from tests.browser.crawl_scenes import Scene
from tests.crawl.views import View, controls_of, open_page
from tests.load.loop import run

SECTIONS = ("section", "try", "compare", "feed", "kind", "reads")  # what turns a page over


def sample() -> list[View]:
    """Every page as it opens, and every option of what turns it over."""
    views = []
    for lesson in lessons.available():
        plain = View(lesson.name)
        controls = controls_of(open_page(plain))
        views.append(plain)
        views += [
            plain.beside(key, label) for key in SECTIONS for label in controls.get(key, ("", []))[1]
        ]
    return views


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("browser")  # which skips where there is none, and fails in CI
def test_every_section_is_whole_as_it_is_drawn(dashboard_url: str) -> None:
    views = sample()
    assert len(views) > 30
    trouble, _ = run(visit([Scene(view) for view in views], dashboard_url))
    assert {str(scene): said for scene, said in trouble.items()} == {}
