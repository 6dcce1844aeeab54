"""One thread for torch, set before anything imports it: tests share a small machine."""

import os

os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("STREAMLIT_BROWSER_GATHER_USAGE_STATS", "false")

from pathlib import Path

import pytest
from hypothesis import settings

from tests.browser.find import NOTHING as NO_BROWSER

# A first example may import NLTK or torch: no test asserts a time.
settings.register_profile("unrolled", deadline=None)
settings.load_profile("unrolled")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


def pytest_unconfigure(config: pytest.Config) -> None:
    """The loud closing line when browser tests could not run: the very last thing printed."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    without = [report for report in skipped if NO_BROWSER in str(report.longrepr)]
    if without:
        reporter.write_line(f"!!! {len(without)} BROWSER TESTS SKIPPED. {NO_BROWSER}", red=True)
