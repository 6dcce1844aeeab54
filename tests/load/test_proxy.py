"""The nginx configuration of docs/serving.md, with two processes behind it."""

import getpass
import gzip
import http.client
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import streamlit as st

from tests.browser.server import dashboard, free_port
from tests.conftest import ROOT
from tests.load.__main__ import process_on

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")


@contextmanager
def proxy(folder: Path, ports: list[int]) -> Iterator[int]:
    """nginx as the document says, on free ports, without any of the machine's own settings."""
    assert NGINX is not None
    text = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
    example = re.findall(r"```nginx\n(.*?)```", text, re.DOTALL)[0]
    here = free_port()
    for written, real in zip(("8501", "8502", "8080"), (*ports, here), strict=True):
        example = example.replace(f"127.0.0.1:{written}", f"127.0.0.1:{real}")
    example = example.replace("/var/cache/unrolled", str(folder / "cache"))
    paths = " ".join(
        f"{kind}_temp_path {folder};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; user {getpass.getuser()};\n"
        f"events {{}} http {{ access_log off; {paths}\n{example} }}"
    )
    process = subprocess.Popen([NGINX, "-c", str(folder / "nginx.conf"), "-p", str(folder)])
    try:
        _wait(here)
        yield here
    finally:
        process.terminate()
        process.wait(timeout=120)


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
def test_a_browser_stays_with_its_first_process(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two", "proxy")]
    for folder in folders:
        folder.mkdir()
    with dashboard(folders[0]) as one, dashboard(folders[1]) as two:
        servers = {int(address.rsplit(":", 1)[1]): process_on(address) for address in (one, two)}
        with proxy(folders[2], list(servers)) as port:
            visits = [visit(port, servers) for _ in range(8)]
            scripts = [script(port) for _ in range(2)]
            kept = [path for path in (folders[2] / "cache").rglob("*") if path.is_file()]
    assert {first for first, _ in visits} == set(servers), "both processes get visitors"
    assert all(set(later) == {first} for first, later in visits), "each stays where it began"
    assert len(kept) == 1, "the second visitor's script comes from nginx"
    for name, sent in scripts:
        file = (Path(st.__file__).with_name("static") / name).read_bytes()
        assert gzip.decompress(sent) == file
        assert len(sent) < 0.5 * len(file)


def visit(port: int, servers: dict[int, psutil.Process]) -> tuple[int, list[int]]:
    """Which process opened the session of a new browser, and which it is later connected to."""
    cookie = ask(port)
    assert cookie.startswith("unrolled=")
    return connected(port, servers, cookie), [connected(port, servers, cookie) for _ in range(2)]


def script(port: int) -> tuple[str, bytes]:
    """The dashboard's first script, and how it is sent to a browser that reads gzip."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/")
    page = connection.getresponse().read().decode()
    found = re.search(r'src="\./(static/js/index[^"]*)"', page)
    assert found is not None
    connection.request("GET", f"/{found[1]}", headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    assert answer.headers["Content-Encoding"] == "gzip"
    sent = answer.read()
    connection.close()
    return found[1], sent


def ask(port: int) -> str:
    """The cookie that a browser without one is given."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/_stcore/health")
    answer = connection.getresponse()
    assert answer.status == 200
    cookies = answer.headers.get_all("Set-Cookie") or []
    connection.close()
    return next(c.split(";")[0] for c in cookies if c.startswith("unrolled="))


def connected(port: int, servers: dict[int, psutil.Process], cookie: str) -> int:
    """Open the WebSocket through the proxy, and see to which process nginx has connected."""
    before = {p: sockets(server) for p, server in servers.items()}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": "streamlit",
        "Cookie": cookie, "Origin": f"http://127.0.0.1:{port}",
    }  # fmt: skip
    connection.request("GET", "/_stcore/stream", headers=headers)
    answer = connection.getresponse()
    assert answer.status == 101, "the upgrade and the Host pass the proxy"
    more = [p for p, server in servers.items() if sockets(server) - before[p]]
    answer.close()
    connection.close()
    assert len(more) == 1
    deadline = time.monotonic() + 120
    while sockets(servers[more[0]]) - before[more[0]] and time.monotonic() < deadline:
        time.sleep(0.05)
    return more[0]


def sockets(server: psutil.Process) -> set[int]:
    """The other side's ports of the open connections of this process."""
    found = server.net_connections("tcp")
    return {c.raddr.port for c in found if c.status == "ESTABLISHED"}


def _wait(port: int) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("nginx did not start.")
