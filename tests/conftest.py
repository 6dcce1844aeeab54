"""One thread for torch, set before anything imports it: tests share a small machine."""

import gc
import os
import subprocess
import sys
from functools import cache

os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("STREAMLIT_BROWSER_GATHER_USAGE_STATS", "false")
# Servers of tests read these, AppTest does not: tests/apps.py sets the same for it.
os.environ["STREAMLIT_RUNNER_MAGIC_ENABLED"] = "false"
os.environ["STREAMLIT_RUNNER_POST_SCRIPT_GC"] = "false"

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests.browser.find import NOTHING as NO_BROWSER
from tests.forks import Forks

# A first example may import NLTK or torch: no test asserts a time.
settings.register_profile("unrolled", deadline=None)
settings.load_profile("unrolled")

ROOT = Path(__file__).resolve().parent.parent
# Many people's folders are called like that: with a space, and letters beyond ASCII.
FOLDER = "Läufe von Zoë"


def alone(code: str, *words: str) -> str:
    """What this program says on stderr in a process of its own, which must end well."""
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stderr


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session", autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Rooms and progress of tests never meet those of whoever runs the tests."""
    os.environ["UNROLLED_STATE"] = str(tmp_path_factory.mktemp(FOLDER) / "state")


@pytest.fixture(scope="session", autouse=True)
def prepared_apps() -> None:
    """Apps of the tests run as in the dashboard, and repeat no work."""
    from tests.apps import prepare_apps

    prepare_apps()


@pytest.fixture(scope="session")
def with_torch() -> Iterator[Forks]:
    """A process that has imported torch and Plotly, for programs that need them."""
    forks = Forks("torch", "plotly.graph_objects")
    yield forks
    forks.end()


MAIN = sys.modules["__main__"]


@pytest.fixture(autouse=True)
def own_main() -> None:
    """AppTest leaves its page as the main module, which a process that a test starts would run."""
    sys.modules["__main__"] = MAIN


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    """What other tests did does not count: all of them come from one network address."""
    limits = sys.modules.get("dashboard.limits")
    for one in vars(limits).values() if limits else ():
        for kept in (one.session, one.address) if isinstance(one, limits.Limit) else (one,):
            getattr(kept, "_counts", {}).clear()


# With several processes each takes whole files, so that fixtures of a module are made once. The
# tests of these need none and take long: each goes to the process that is free first.
SPREAD = ("crawl/test_views.py", "browser/test_every_page.py")
# What takes longest comes first, so that no process is left alone with it at the end.
FIRST = (
    "faults/test_crashes.py",
    "browser/test_every_page.py",
    "training/test_resume.py",
    "load/test_room.py",
    "crawl/test_views.py",
    "browser/test_stage.py",
    "browser",
    "hostile",
    "crawl",
    "dashboard",
)


class WholeFiles(LoadScopeScheduling):
    """Gives each process whole files of tests; the tests of SPREAD one by one."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::")[0]
        return nodeid if file.removeprefix("tests/") in SPREAD else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """How `make test` divides the tests among its processes."""
    return WholeFiles(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order: what takes longest comes first."""

    @cache
    def place(file: Path) -> int:
        name = file.relative_to(ROOT / "tests").as_posix()
        return next((i for i, first in enumerate(FIRST) if name.startswith(first)), len(FIRST))

    items.sort(key=lambda item: place(item.path))


def pytest_collection() -> None:
    """What is imported and collected stays: no search for garbage while that goes on."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Nor does any later search need to go through it."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture
def few_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure on a few pictures, not hundreds: for tests of how results are shown."""
    monkeypatch.setattr("dashboard.vision.versus.PICTURES", 5)
    monkeypatch.setattr("dashboard.vision.faithfulness.PICTURES", 50)
    monkeypatch.setattr("dashboard.models.pictures.HELD_OUT", 200)


def pytest_unconfigure(config: pytest.Config) -> None:
    """The loud closing line when browser tests could not run: the very last thing printed."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    without = [report for report in skipped if NO_BROWSER in str(report.longrepr)]
    if without:
        reporter.write_line(f"!!! {len(without)} BROWSER TESTS SKIPPED. {NO_BROWSER}", red=True)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many views the crawler opened, whichever process opened them; what was tried again."""
    reports = [r for kind in ("passed", "failed") for r in terminalreporter.stats.get(kind, [])]
    views = [v for report in reports for name, v in report.user_properties if name == "views"]
    if views:
        terminalreporter.write_line(f"The crawler opened {sum(views):,} views.")
    again = sorted({report.nodeid for report in terminalreporter.stats.get("rerun", [])})
    if again:
        line = f"!!! {len(again)} BROWSER TESTS WERE TRIED TWICE: {', '.join(again)}"
        terminalreporter.write_line(line, red=True)
