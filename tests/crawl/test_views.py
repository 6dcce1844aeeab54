"""Every view of every page opens without errors and without empty figures."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.models.pretrained import store
from dashboard import lessons, state
from dashboard.components import page as components
from tests.crawl.marks import trouble
from tests.crawl.views import View, beats, kept, open_on_stage, open_page, walk
from tests.models.pretrained import stored

# What the dashboard itself keeps in the session and in links.
OWN_PREFIXES = ("state-", "stage")
OWN_KEYS = {"seen", "visitor"}
OWN_KEYS |= {"mode", "beat", "reveal", "notes", "room", "host", "ask", "back", "figure", "page"}


def faults(app: AppTest, errors: list[logging.LogRecord]) -> list[str]:
    """What is wrong with this view, one sentence each."""
    found = [f"exception: {e.value}" for e in app.exception]
    found += [f"error: {e.value}" for e in app.error]
    found += [f"log: {record.getMessage()}" for record in errors]
    for chart in app.get("plotly_chart"):
        wrong = trouble(chart.proto.spec)
        found += [f"figure {chart.key}: {wrong}"] * bool(wrong)
    said = [
        str(element.value) for kind in ("markdown", "caption", "info") for element in app.get(kind)
    ]
    found += ["something unexpected"] * any(components.UNFORESEEN[:20] in text for text in said)
    offered = kept(app, state.OFFERS)
    taken = [key for key in offered if key in OWN_KEYS or key.startswith(OWN_PREFIXES)]
    return found + [
        f"the control {key!r} has a name that the dashboard uses itself" for key in taken
    ]


@pytest.fixture(scope="module")
def real_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A real model as deep as SmolLM2 and as narrow as can be, instead of those fetched here."""
    folder: Path = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "models_folder", lambda: folder)
        stored.write("deep", num_layers=30, num_heads=9, num_kv_heads=3, dim=54, max_N=8192)
        yield


pytestmark = pytest.mark.usefixtures("few_pictures", "real_model")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", [lesson.name for lesson in lessons.available()])
def test_every_view_of_a_page_is_complete(
    page: str, caplog: pytest.LogCaptureFixture, record_property: Callable[[str, object], None]
) -> None:
    found: dict[str, list[str]] = {}

    def opened(view: View) -> AppTest:
        caplog.clear()
        app = open_page(view)
        found[str(view)] = faults(app, [r for r in caplog.records if r.levelno >= logging.ERROR])
        found[str(view)] += ["not one heading of level 1"] * (len(app.title) != 1)
        return app

    record_property("views", sum(1 for _ in walk(page, opened)))
    assert {view: wrong for view, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("view", beats(), ids=str)
def test_every_beat_is_complete_before_and_after_its_answer(
    view: View, caplog: pytest.LogCaptureFixture, record_property: Callable[[str, object], None]
) -> None:
    app = open_on_stage(view)
    record_property("views", 1)
    assert faults(app, [r for r in caplog.records if r.levelno >= logging.ERROR]) == []
