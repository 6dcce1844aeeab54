"""A dashboard to attack, and the text that must never reach a browser."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser.server import dashboard
from tests.conftest import ROOT
from tests.load.client import View


@dataclass(frozen=True)
class Served:
    """A running dashboard: its address, and the folder of its runs and its log."""

    address: str
    folder: Path

    def secrets(self) -> list[bytes]:
        """What no answer may contain: paths of this disk, a traceback, the password file."""
        return [str(ROOT).encode(), str(self.folder).encode(), b"Traceback (most", b"root:x:0"]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all hostile tests, so that lasting damage shows in the next test."""
    folder = tmp_path_factory.mktemp("attacked")
    with dashboard(folder) as address:
        yield Served(address, folder)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty runs folder; nothing may be written beside it."""
    folder = tmp_path / "place" / "runs"
    monkeypatch.setenv("UNROLLED_RUNS", str(folder))
    return folder


def one_sentence(message: str) -> None:
    """The message is one short line, ends like a sentence and contains no path of ours."""
    assert 10 < len(message) <= 500, message
    assert "\n" not in message.strip(), message
    assert message.rstrip()[-1] in ".!?)", message
    assert str(ROOT) not in message
    assert "Traceback" not in message


def nothing_told(view: View, served: Served) -> None:
    """No element contains a path of this disk, and exceptions come without their text."""
    for kind, content in view.elements:
        sent = content.SerializeToString()
        for secret in served.secrets():
            assert secret not in sent, f"a {kind} tells {secret!r}"
    for exception in view.exceptions:
        assert "redacted" in exception
        assert exception.endswith("[]"), "no stack trace"
