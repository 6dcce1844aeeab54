"""The load test in short: fifty tabs arrive, lose their connections, and come back by their links.

Speed depends on the machine and is not asserted: `python -m tests.load` prints it.
"""

from pathlib import Path

import psutil
import pytest

from tests.browser.server import dashboard
from tests.load.__main__ import process_on
from tests.load.client import Tab
from tests.load.loop import run
from tests.load.room import lecture

SESSIONS = 50


@pytest.mark.timeout(600)
def test_a_room_of_fifty_is_served_and_comes_back_from_its_links(tmp_path: Path) -> None:
    with dashboard(tmp_path, STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL="5") as address:
        server = process_on(address)
        held = lecture(
            address, server, SESSIONS, arrive=8, minutes=1 / 6, every=5, forget=5, rehearsing=10
        )
        figures = run(held)
        assert server.status() != psutil.STATUS_ZOMBIE
    assert figures.dropped == []
    assert figures.wrong == []
    assert len(figures.first) == len(figures.returns) == SESSIONS
    assert len(figures.changes) >= SESSIONS
    assert figures.asked > 20
    assert figures.lost == [], "a link brings every control back"
    grown = figures.memory["after"] - figures.memory["before"]  # MiB
    assert grown < 8 * SESSIONS, "a room that has left holds no memory for long"


def test_a_remote_machine_is_refused() -> None:
    with pytest.raises(ValueError, match="Only this machine may be loaded"):
        Tab("http://192.0.2.1:8501")
