"""Which torch is installed: the one without CUDA where there is no GPU and its index answers."""

import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from deploy import get_torch


class Page(BaseHTTPRequestHandler):
    """An index with a page about torch."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/whl/cpu/torch/" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


@pytest.fixture
def index() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/whl/cpu"
        server.shutdown()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What pip would be asked, on Linux without torch and without a GPU."""
    asked: list[list[str]] = []
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(get_torch.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(get_torch, "has_gpu", lambda: False)
    monkeypatch.setattr(get_torch, "too_full", lambda *_: "")
    monkeypatch.setattr(get_torch.subprocess, "call", lambda words: asked.append(words) or 0)
    return asked


def test_an_index_that_answers(index: str) -> None:
    assert get_torch.reachable(index, 30)
    assert not get_torch.reachable(f"{index}/elsewhere", 30)


def test_an_index_that_is_silent_is_not_waited_for() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        assert not get_torch.reachable(f"http://127.0.0.1:{silent.getsockname()[1]}", 0.2)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "http://no-such-host.invalid", "x"])
def test_an_index_that_is_not_there(address: str) -> None:
    assert not get_torch.reachable(address, 30)


def test_without_a_gpu_torch_comes_without_cuda(
    index: str,
    calls: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(get_torch, "INDEX", index)
    assert get_torch.main() == 0
    assert calls[0][-4:] == ["--index-url", index, *get_torch.pins()]
    assert "No NVIDIA GPU here: taking torch without CUDA from http" in capsys.readouterr().out


def test_where_the_index_does_not_answer_the_ordinary_one_is_used(
    calls: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(get_torch, "INDEX", "http://127.0.0.1:9")
    assert get_torch.main() == 0
    assert not calls
    assert "does not answer: taking the one of the ordinary index." in capsys.readouterr().out


def test_a_gpu_or_an_installed_torch_changes_nothing(
    calls: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(get_torch, "has_gpu", lambda: True)
    assert get_torch.main() == 0
    monkeypatch.setattr(get_torch.importlib.util, "find_spec", lambda _: object())
    assert get_torch.main() == 0
    assert not calls
    assert capsys.readouterr().out == ""


def test_a_disk_that_is_too_full_stops_it(
    calls: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(get_torch.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(get_torch, "has_gpu", lambda: True)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(9, 8, 10**9))
    assert get_torch.main() == 1
    assert "1.0 GB are free for " in (said := capsys.readouterr().err)
    assert "make run VENV=/path/to/folder." in said


def test_the_pins_are_of_torch_and_torchvision() -> None:
    assert [line.split("==")[0] for line in get_torch.pins()] == ["torch", "torchvision"]
