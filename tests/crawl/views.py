"""Every view of the dashboard that is built differently, found by walking through its controls.

A view is a page and the settings in its link. From a page at its defaults each option of each
control is opened alone. An option that changes which controls there are is a fork: behind it the
walk continues with every other control, and with the new ones again in pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from streamlit.testing.v1 import AppTest

from core.study.storyline import lessons as told, storyline
from dashboard import lessons
from dashboard.state import DRAWN, OFFERS
from tests.conftest import ROOT

# A control with many like options (a word, a picture, a cell, a model that another control of the
# page opens too): the first, a middle and the last.
ALIKE = {"query", "key", "hidden", "word_at", "picture", "for", "class", "beside"}


@dataclass(frozen=True)
class View:
    """A page with some settings of its link; `settings` maps a control's key to its label."""

    page: str
    settings: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return self.page + ("?" + urlencode(self.settings) if self.settings else "")

    def beside(self, key: str, label: str) -> View:
        """The same with one more setting."""
        kept = {k: v for k, v in self.settings if k != key}
        return View(self.page, tuple(sorted({**kept, key: label}.items())))


def kept(app: AppTest, key: str) -> Any:
    """What the session keeps under that key, else nothing; to ask first would copy all of it."""
    try:
        return app.session_state[key]
    except KeyError:
        return {}


def controls_of(app: AppTest) -> dict[str, tuple[str, list[str]]]:
    """The controls that the page has drawn: key -> (label of the default, the other labels)."""
    offers, drawn = kept(app, OFFERS), kept(app, DRAWN)
    found = {}
    for key in sorted(offers.keys() & drawn):
        default, named = offers[key]
        labels = list(named)
        usual = next((label for label in labels if named[label] == default), "")
        others = [label for label in labels if label != usual]
        if key in ALIKE and len(others) > 3:
            others = [others[0], others[len(others) // 2], others[-1]]
        found[key] = (usual, others)
    return found


def walk(page: str, opened: Callable[[View], AppTest], *, pairs: bool = True) -> Iterator[View]:
    """Every view of the page; `opened` opens one and is asked once for each.

    pairs: False goes on behind a fork only with the controls that are new there.
    """
    plain = View(page)
    reached: dict[View, tuple[View, str]] = {}  # from where, by which control
    shown: dict[View, Mapping[str, tuple[str, list[str]]]] = {}
    waiting = [plain]
    while waiting:
        view = waiting.pop(0)
        here = shown[view] = controls_of(opened(view))
        yield view
        parent, by = reached.get(view, (None, ""))
        before = shown[parent] if parent else {}
        new = here.keys() - before.keys()
        if pairs and before.keys() != here.keys() and len(view.settings) < 2:
            new = here.keys()  # a fork: all it has, in pairs with what led here
        elif pairs and len(view.settings) == 2 and by not in shown[plain]:
            new = here.keys() - shown[plain].keys()  # and of what is only here, again in pairs
        fixed = dict(view.settings)
        for key in sorted(new - fixed.keys()):
            others = here[key][1]
            seen = key in ALIKE or key in shown[plain]  # each of its options was opened before
            for label in others[-1:] if fixed and seen else others:
                further = view.beside(key, label)
                if further not in reached:
                    reached[further] = (view, key)
                    waiting.append(further)


def beats() -> list[View]:
    """Every beat of every storyline, as it is asked and as it is answered."""
    return [
        View(name, tuple({"mode": "present", "beat": str(at), **more}.items()))
        for name in told()
        for at, _ in enumerate(storyline(name).beats, 1)
        for more in ({}, {"reveal": "1"})
    ]


def open_page(view: View) -> AppTest:
    """The page without the router, as its link opens it."""
    app = AppTest.from_file(str(lessons.by_name(view.page).path), default_timeout=120)
    for key, value in view.settings:
        app.query_params[key] = value
    return app.run()


def open_on_stage(view: View) -> AppTest:
    """The page through the router, where the stage is."""
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=120)
    app.switch_page(f"../pages/{view.page}.py")
    for key, value in view.settings:
        app.query_params[key] = value
    return app.run()
