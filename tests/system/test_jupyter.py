"""Unrolled behind a real jupyter-server with jupyter-server-proxy, started by its tile's address.

UNROLLED_TEST_JUPYTER names the command `jupyter` of an environment that has both.
"""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from dashboard import jupyter
from tests.browser.server import free_port
from tests.conftest import ROOT

JUPYTER = os.environ.get("UNROLLED_TEST_JUPYTER", "")


@pytest.mark.long
@pytest.mark.skipif(not JUPYTER, reason="UNROLLED_TEST_JUPYTER names no jupyter")
def test_the_dashboard_starts_below_the_address_of_a_user(tmp_path: Path) -> None:
    port = free_port()
    config = tmp_path / "config.json"
    servers = {"ServerProxy": {"servers": {"unrolled": jupyter.launcher()}}}
    config.write_text(json.dumps(servers), encoding="utf-8")
    about = {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "UNROLLED_RUNS": str(tmp_path / "r")}
    options = ["--no-browser", "--allow-root", f"--config={config}", f"--port={port}"]
    options += ["--ip=127.0.0.1", "--ServerApp.base_url=/user/ada/", "--IdentityProvider.token=x"]
    with open(tmp_path / "log.txt", "wb") as log:
        server = subprocess.Popen(
            [JUPYTER, "server", *options], cwd=tmp_path, env={**os.environ, **about},
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}/user/ada"
        _get(f"{address}/api", 60)
        (tile,) = json.loads(_get(f"{address}/server-proxy/servers-info", 60))["server_processes"]
        assert tile["launcher_entry"]["title"] == "Unrolled"
        assert b"<svg" in _get(f"{address}/server-proxy/icon/unrolled", 60)
        assert _get(f"{address}/unrolled/_stcore/health", jupyter.START) == b"ok"
        assert b"<title>Streamlit</title>" in _get(f"{address}/unrolled/", 60)
    finally:
        server.terminate()
        server.wait(timeout=60)


def _get(address: str, wait: float) -> bytes:
    """What is answered, as soon as somebody listens there."""
    ask = urllib.request.Request(address, headers={"Authorization": "token x"})
    deadline = time.monotonic() + wait
    while True:
        try:
            with urllib.request.urlopen(ask, timeout=wait) as page:
                return bytes(page.read())
        except urllib.error.URLError as error:
            refused = isinstance(error.reason, ConnectionRefusedError)
            if not refused or time.monotonic() > deadline:
                raise
        time.sleep(0.2)
