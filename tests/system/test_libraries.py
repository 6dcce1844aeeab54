"""Libraries in memory are not searched for garbage; torch and NLTK are there before needed."""

import gc
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from core.system import libraries
from dashboard import lessons
from tests.conftest import ROOT, alone
from tests.forks import Forks

IMPORTED_AHEAD = """
import gc, sys
from core.system import libraries
libraries._idle = lambda: True  # tests run beside it
opening = libraries.open_torch_ahead()
assert libraries.open_torch_ahead() is opening
opening.join()
assert "torch" not in sys.modules
if sys.platform == "linux":
    assert "libtorch_python" in open("/proc/self/maps", encoding="utf-8").read()
usual, during = gc.get_threshold(), set()
class Seen:
    def find_spec(self, name, *rest):
        if name.startswith("torch."): during.add(gc.get_threshold())
sys.meta_path.insert(0, Seen())
importing = libraries.import_torch_ahead()
assert libraries.import_torch_ahead() is importing
importing.join()
assert gc.get_freeze_count() > 100_000, gc.get_freeze_count()
assert during == {libraries.SELDOM}, during
assert gc.get_threshold() == usual
assert {"nltk", "punkt"} <= sys.modules.keys()
import torch
assert (torch.ones(3, 3) @ torch.ones(3)).tolist() == [3, 3, 3]
"""
STARTED_BY_THE_DASHBOARD = """
import gc, sys, threading
from core.system import libraries
from streamlit.testing.v1 import AppTest
quiet, usual = threading.Event(), gc.get_threshold()
libraries._idle = lambda: quiet.wait(0.1)
page = AppTest.from_file(sys.argv[1], default_timeout=120).run()
assert not page.exception, page.exception
assert gc.get_threshold() == libraries.SELDOM
quiet.set()
importing = [one for one in threading.enumerate() if one.name == libraries.AHEAD]
for one in importing: one.join()
assert gc.get_threshold() == usual
sys.exit(0 if hasattr(sys.modules.get("torch"), "matmul") else f"no torch after {importing}")
"""
WITHOUT_TORCH = """
import sys
asked = []
class NoTorch:
    def find_spec(self, name, *rest):
        if name == "torch":
            asked.append(name)
            raise ModuleNotFoundError("No module named 'torch'", name="torch")
sys.meta_path.insert(0, NoTorch())
from dashboard import lessons
from tests.apps import opened, prepare_apps
prepare_apps()
for lesson in lessons.LESSONS:
    asked.clear()
    page = opened(lesson.name)
    assert bool(asked) == (lesson.name in lessons.WITH_TORCH), lesson.name
    assert asked or not page.exception, (lesson.name, page.exception)
    assert asked or page.title, (lesson.name, "the page has no heading")
asked.clear()
page = opened("rnn")
page.slider(key="T").set_value(7).run()
page.button(key="step-Next").click().run()
for key, value in [("section", "Eigenvalues and decay"), ("rho", 1.2), ("size", 40),
                   ("section", "Cost")]:
    page.session_state[key] = value
    page.run()
assert not page.exception, page.exception
assert not asked, "the first lesson asked for torch"
"""
FIRST_VIEWS = """
import sys
sys.modules["nltk"] = None  # whoever imports it fails
from dashboard import lessons
from tests.apps import opened, prepare_apps
prepare_apps()
MODELS = ["attention", "vit", "maps", "gpt"]
assert lessons.WITH_TORCH.issuperset(MODELS)
others = [lesson.name for lesson in lessons.LESSONS if lesson.name not in MODELS]
for name in MODELS + others:
    app = opened(name)
    assert not app.exception, (name, [error.value for error in app.exception])
    assert not app.error, (name, [error.value for error in app.error])
    loaded = {"pandas", "sympy"} & sys.modules.keys()
    assert name in others or not loaded, (name, loaded)
"""
TORCH_FREE_PAGES = {"home", "rnn", "positions", "study", "train", "runs"}


def test_what_is_in_memory_is_set_aside_once_for_each_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(libraries, "_set_aside", set())
    monkeypatch.setattr(libraries, "LIBRARIES", {"pytest", "not imported"})
    imported = [[number] for number in range(1000)]
    before = gc.get_freeze_count()
    assert libraries.set_aside_libraries()
    assert gc.get_freeze_count() >= before + len(imported)
    assert not libraries.set_aside_libraries()


def test_a_library_in_the_middle_of_its_import_is_not_set_aside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    half = ModuleType("half")
    half.__spec__ = ModuleSpec("half", None)
    monkeypatch.setitem(sys.modules, "half", half)
    monkeypatch.setattr(libraries, "_set_aside", set())
    monkeypatch.setattr(libraries, "LIBRARIES", {"half"})
    half.__spec__._initializing = True  # as Python's own import leaves it until the end
    assert not libraries.set_aside_libraries()
    half.__spec__._initializing = False
    assert libraries.set_aside_libraries()


def test_torchs_libraries_are_opened_once_then_torch_is_imported_ahead_once_and_works() -> None:
    alone(IMPORTED_AHEAD)


def test_without_torch_the_import_ahead_says_nothing() -> None:
    code = """
import gc, sys
sys.modules["torch"] = None
from core.system import libraries
libraries._idle = lambda: True
usual = gc.get_threshold()
libraries.import_torch_ahead().join()
assert gc.get_threshold() == usual
"""
    assert alone(code) == ""


def test_the_dashboard_imports_torch_after_its_first_page() -> None:
    alone(STARTED_BY_THE_DASHBOARD, str(ROOT / "dashboard" / "app.py"))


def test_which_lessons_need_torch_when_opened_and_the_first_lesson_never_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One process opens them all: the first that is wrong is named. Models may be fetched there."""
    assert not TORCH_FREE_PAGES & lessons.WITH_TORCH
    monkeypatch.setenv("UNROLLED_FETCH", "1")
    alone(WITHOUT_TORCH)


def test_first_views_import_no_nltk_and_those_of_models_neither_tables_nor_algebra(
    with_torch: Forks, tmp_path: Path
) -> None:
    """pandas and SymPy take 0.3 s each, and nothing that the lessons in MODELS show first needs
    them; they are opened first, as any other lesson may import both."""
    with_torch.run(FIRST_VIEWS, tmp_path)


@pytest.mark.parametrize(
    ("processors", "busy", "own", "idle"),
    [(2, 20, 0.0, True), (2, 30, 0.0, False), (2, 20, 0.2, False), (16, 80, 0.0, True)],
)
def test_torch_waits_for_a_quiet_moment(
    processors: int, busy: float, own: float, idle: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter((0.0, 1.0))
    used = iter((0.0, own))
    time = SimpleNamespace(monotonic=lambda: next(clock), process_time=lambda: next(used))
    psutil = SimpleNamespace(cpu_count=lambda: processors, cpu_percent=lambda seconds: busy)
    monkeypatch.setattr(libraries, "time", time)
    monkeypatch.setattr(libraries, "psutil", psutil)
    assert libraries._idle() is idle
