"""What the server accepts: safe defaults, foreign hosts and origins, uploads that are too large."""

import asyncio
import http.client
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.conftest import ROOT
from tests.hostile.conftest import Served
from tests.load.__main__ import process_on
from tests.load.client import Tab, health
from tests.load.loop import run

MIB = 1 << 20


def test_the_defaults_are_safe() -> None:
    config = tomllib.loads(
        (ROOT / "dashboard" / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    )
    server, client = config["server"], config["client"]
    assert server["address"] == "127.0.0.1", "only this machine can connect"
    assert server["allowedHosts"] == ["localhost", "127.0.0.1", "::1"]
    assert server["enableCORS"] is True
    assert server["enableXsrfProtection"] is True
    assert server["enableStaticServing"] is False
    assert server["maxUploadSize"] <= 25
    assert server["maxMessageSize"] <= 50
    assert server["maxWidgetStateSize"] <= 4
    assert client["showErrorDetails"] == "none", "an error is told in the terminal"
    assert client["toolbarMode"] == "viewer"
    assert config["browser"]["gatherUsageStats"] is False
    assert config.get("global", {}).get("developmentMode") is None


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells which libraries a process uses")
def test_it_runs_on_uvloop(served: Served) -> None:
    maps = process_on(served.address).memory_maps()
    assert "uvloop" in {Path(one.path).parent.name for one in maps}


def test_it_listens_on_this_machine_alone(served: Served) -> None:
    port = urlsplit(served.address).port
    open_here = [c for c in psutil.net_connections("tcp") if c.status == "LISTEN"]
    assert {c.laddr.ip for c in open_here if c.laddr.port == port} == {"127.0.0.1"}


async def refused(served: Served, **headers: str) -> None:
    tab = Tab(served.address)
    with pytest.raises((InvalidStatus, ConnectionClosed)):
        await tab.open(**headers)


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example", "https://127.0.0.1.evil.example", "http://localhost.evil.example",
        "null", "file://", "http://evil.example@127.0.0.2",
    ],
)  # fmt: skip
def test_a_page_of_another_origin_cannot_connect(origin: str, served: Served) -> None:
    run(refused(served, origin=origin))


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8501", "127.0.0.1.evil.example"])
def test_another_name_of_this_machine_cannot_connect(host: str, served: Served) -> None:
    """DNS rebinding: Host and Origin agree, and both are the attacker's."""
    run(refused(served, origin=f"http://{host}", Host=host))


def put(served: Served, path: str, length: int, body: bytes = b"", **headers: str) -> int:
    """The status of an upload whose header claims `length` bytes."""
    parts = urlsplit(served.address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    kind = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(length)}
    try:
        connection.request("PUT", path, body, kind | headers)
        return connection.getresponse().status
    finally:
        connection.close()


async def session_of(served: Served) -> Tab:
    tab = Tab(served.address, "runs")
    await tab.open()
    return tab


async def first_lesson(served: Served) -> None:
    tab = Tab(served.address, "gpt")
    await tab.open()
    await tab.close()


def test_uploads_that_are_too_large_are_refused_unread(served: Served) -> None:
    async def attack() -> list[int]:
        tabs = [await session_of(served) for _ in range(50)]
        calls = [
            asyncio.to_thread(put, served, _place(tab), 26 * MIB, **_xsrf(served)) for tab in tabs
        ]
        answers = await asyncio.gather(*calls)
        for tab in tabs:
            await tab.close()
        return list(answers)

    run(first_lesson(served))  # torch is in memory from the first lesson on
    process = server_process(served)
    before = process.memory_info().rss
    assert set(run(attack())) == {413}
    assert process.memory_info().rss - before < 250 * MIB, "50 × 26 MiB are not kept"
    assert run(health(served.address))


def test_an_upload_needs_a_session_and_the_token(served: Served) -> None:
    async def attack() -> tuple[int, int]:
        tab = await session_of(served)
        small = [10, b"x" * 10]
        nobody = await asyncio.to_thread(
            put, served, "/_stcore/upload_file/nobody/1", *small, **_xsrf(served)
        )
        no_token = await asyncio.to_thread(put, served, _place(tab), *small)
        await tab.close()
        return nobody, no_token

    assert run(attack()) == (400, 403)


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd", "/..%2f..%2fetc/passwd", "/static/../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd", "/app/static/../../.streamlit/config.toml", "/core/gpt.py",
        "/media/../../../etc/passwd", "/component/x/../../../../etc/passwd", "/.git/config",
        "/_stcore/bidi-components/x/../../../../etc/passwd", "/assets/gpt-grammar/spec.json",
    ],
)  # fmt: skip
def test_no_address_reads_a_file(path: str, served: Served) -> None:
    parts = urlsplit(served.address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    shell = b'<div id="root">' in body  # Streamlit's own page, which every unknown address gets
    assert answer.status >= 400 or shell
    assert not [secret for secret in served.secrets() if secret in body]


def test_malformed_messages_end_their_own_session_alone(served: Served) -> None:
    async def send(raw: bytes | str) -> None:
        tab = Tab(served.address, "study")
        await tab.open()
        assert tab._socket is not None
        await tab._socket.send(raw)
        with pytest.raises(ConnectionClosed):
            await _listen(tab)
        await tab.close()

    for raw in (b"\xff" * 100, "text", b"\0" * (5 * MIB)):
        run(send(raw))
    assert run(health(served.address))


async def _listen(tab: Tab) -> None:
    """Until the server ends the connection."""
    assert tab._socket is not None
    while True:
        await asyncio.wait_for(tab._socket.recv(), 20)


def server_process(served: Served) -> psutil.Process:
    port = urlsplit(served.address).port
    found = [c.pid for c in psutil.net_connections("tcp") if c.laddr and c.laddr.port == port]
    return psutil.Process(next(pid for pid in found if pid))


def _place(tab: Tab) -> str:
    return f"/_stcore/upload_file/{tab.session}/file-1"


def _xsrf(served: Served) -> dict[str, str]:
    """The cookie and the header that a page of this server sends with an upload."""
    parts = urlsplit(served.address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    connection.request("GET", "/_stcore/health")
    cookies = connection.getresponse().getheader("Set-Cookie") or ""
    connection.close()
    token = cookies.split("=", 1)[1].split(";")[0]
    return {"Cookie": f"_streamlit_xsrf={token}", "X-Xsrftoken": token}
