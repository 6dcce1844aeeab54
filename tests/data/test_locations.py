"""The data folder: downloads come whole or not at all, arrays are built once."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest

from core.data import MissingDataError
from core.data.__main__ import main
from core.data.array_cache import Arrays, find, keys, prepare
from core.data.download import DownloadError, fetch
from core.data.locations import JobProgress, data_folder, drain
from core.data.sources import at_hand, load_images
from core.data.text import shakespeare
from tests.conftest import ROOT
from tests.data.data_files import CIFAR10, REAL_DATA, SHAKESPEARE, Server, files_below, needs

BODY = bytes(range(256)) * 2_000  # 512,000 bytes, several chunks
SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "data"


def test_the_environment_sets_the_data_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert data_folder() == folder
    monkeypatch.delenv("UNROLLED_DATA")
    assert data_folder().name == "unrolled"
    assert not folder.exists()  # asking writes nothing


def test_a_download_arrives_with_progress(folder: Path) -> None:
    with Server(BODY).running() as server:
        records = list(fetch(server.url, folder / "file.bin", SHA256, 10**6))
        assert (folder / "file.bin").read_bytes() == BODY
        assert records[-1] == JobProgress("fetching file.bin", len(BODY), len(BODY), "bytes")
        assert [r.done for r in records] == sorted(r.done for r in records)
        drain(fetch(server.url, folder / "file.bin", SHA256, 10**6))
        assert server.requests == 1
    assert files_below(folder) == {"file.bin"}


def test_an_interrupted_download_leaves_nothing(folder: Path) -> None:
    with Server(BODY).running() as server:
        job = fetch(server.url, folder / "file.bin", SHA256, 10**6)
        next(job)
        assert files_below(folder) != set()
        job.close()
        assert files_below(folder) == set()
        job = fetch(server.url, folder / "file.bin", SHA256, 10**6)
        next(job)
        with pytest.raises(KeyboardInterrupt):
            job.throw(KeyboardInterrupt())
        assert files_below(folder) == set()
        drain(fetch(server.url, folder / "file.bin", SHA256, 10**6))  # and the lock is free
    assert files_below(folder) == {"file.bin"}


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_the_next_download_removes_what_a_killed_one_left(folder: Path) -> None:
    with Server(BODY, promised=len(BODY) * 2).running() as server:
        code = (
            "from pathlib import Path; import time; from core.data.download import fetch;"
            f"job = fetch({server.url!r}, Path({str(folder / 'file.bin')!r}), {SHA256!r}, 10**7);"
            "next(job); print('under way', flush=True); time.sleep(600)"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        with process.stdout:
            assert process.stdout.readline().strip() == "under way"
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert any(".part-" in name for name in files_below(folder))
    with Server(BODY).running() as server:
        drain(fetch(server.url, folder / "file.bin", SHA256, 10**6))
    assert files_below(folder) == {"file.bin"}


@pytest.mark.parametrize(
    ("body", "promised", "sentence"),
    [
        (BODY[:-1] + b"x", None, "another SHA-256"),
        (BODY[: len(BODY) // 2], len(BODY), "another SHA-256|could not be fetched"),
        (BODY * 3, None, "more than 1,000,000 bytes"),
    ],
)
def test_a_wrong_file_is_not_stored(
    folder: Path, body: bytes, promised: int | None, sentence: str
) -> None:
    with Server(body, promised).running() as server, pytest.raises(DownloadError, match=sentence):
        drain(fetch(server.url, folder / "file.bin", SHA256, 10**6))
    assert files_below(folder) == set()


def test_an_address_that_does_not_answer_is_one_sentence(folder: Path) -> None:
    with pytest.raises(DownloadError, match=r"could not be fetched .*refused.*--from") as caught:
        drain(fetch("http://127.0.0.1:9/file", folder / "file.bin", SHA256, 10**6))
    assert "\n" not in str(caught.value)
    assert files_below(folder) == set()


def test_processes_download_the_same_file_once(folder: Path) -> None:
    with Server(BODY).running() as server:
        code = (
            "from pathlib import Path; from core.data.download import fetch;"
            "from core.data.locations import drain;"
            f"drain(fetch({server.url!r}, Path({str(folder / 'file.bin')!r}), {SHA256!r}, 10**6))"
        )
        processes = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) for _ in range(3)]
        assert [process.wait(240) for process in processes] == [0, 0, 0]
        assert server.requests == 1
    assert files_below(folder) == {"file.bin"}


def build(calls: list[int]) -> Generator[JobProgress, None, Arrays]:
    calls.append(1)
    yield JobProgress("building", 0, 2, "images")
    yield JobProgress("building", 1, 2, "images")
    return Arrays({"a": np.arange(6).reshape(2, 3), "b": np.zeros(2)}, {"note": "new"})


def test_arrays_are_built_once_and_mapped(folder: Path) -> None:
    calls: list[int] = []
    drain(prepare("key-1", lambda: build(calls)))
    kept = drain(prepare("key-1", lambda: build(calls)))
    assert calls == [1]
    assert kept.about == {"note": "new"}
    assert (kept.arrays["a"] == np.arange(6).reshape(2, 3)).all()
    kept.arrays["a"][0, 0] = 99  # a private copy: the file stays as it was
    again = find("key-1")
    assert again is not None
    assert again.arrays["a"][0, 0] == 0
    assert keys("key-") == ["key-1"]


def test_an_interrupted_build_stores_nothing(folder: Path) -> None:
    calls: list[int] = []
    job = prepare("key-1", lambda: build(calls))
    next(job)
    job.close()
    assert find("key-1") is None
    assert files_below(folder) == {"prepared"}
    drain(prepare("key-1", lambda: build(calls)))
    assert calls == [1, 1]


@pytest.mark.parametrize("name", ["a.npy", "about.json"])
def test_damaged_arrays_are_built_again(folder: Path, name: str) -> None:
    calls: list[int] = []
    drain(prepare("key-1", lambda: build(calls)))
    file = folder / "prepared" / "key-1" / name
    file.write_bytes(file.read_bytes()[:-9])
    assert find("key-1") is None
    kept = drain(prepare("key-1", lambda: build(calls)))
    assert len(calls) == 2
    assert kept.arrays["a"].sum() == 15


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="root sees no limits")
def test_a_data_folder_that_is_a_file_only_costs_time(folder: Path) -> None:
    folder.write_text("in the way", encoding="utf-8")
    calls: list[int] = []
    kept = drain(prepare("key-1", lambda: build(calls)))
    assert kept.arrays["a"].sum() == 15


def test_a_missing_data_set_names_its_command() -> None:
    with pytest.raises(MissingDataError, match=r"python -m core\.data get cifar10"):
        load_images("cifar10")
    with pytest.raises(MissingDataError, match="cifar10 or shapes"):
        load_images("imagenet")


def test_list_shows_the_available_data(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert main(["list"]) == 0
    printed = capsys.readouterr().out
    assert "cifar10      images     missing  get it with" in printed
    assert "grammar      dialogues  here" in printed
    assert {row.name: row.here for row in at_hand()} == {
        "cifar10": False, "shapes": True, "shakespeare": False, "grammar": True,
        "refrain": True,
    }  # fmt: skip
    assert not folder.exists()


@needs(CIFAR10)
def test_list_finds_source_files() -> None:
    assert all(row.here for row in at_hand(REAL_DATA))


def test_get_fetches_checks_and_reports(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(BODY).running() as server:
        monkeypatch.setattr(shakespeare, "URL", server.url)
        assert main(["get", "shakespeare"]) == 1
        assert "another SHA-256" in capsys.readouterr().err
        assert files_below(folder) == set()
        monkeypatch.setattr(shakespeare, "SHA256", SHA256)
        assert main(["get", "shakespeare"]) == 0
    assert "Tiny Shakespeare is ready" in capsys.readouterr().out
    assert (folder / "tinyshakespeare.txt").read_bytes() == BODY


@needs(SHAKESPEARE)
def test_get_accepts_a_local_copy(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path
) -> None:
    assert main(["get", "shakespeare", "--from", str(REAL_DATA)]) == 0
    assert len(shakespeare.load().train) == 6_500
    assert files_below(folder) == {"tinyshakespeare.txt"}
    (tmp_path / "wrong.txt").write_text("Once upon a time.")
    assert main(["get", "shakespeare", "--from", str(tmp_path / "wrong.txt")]) == 1
    assert main(["get", "shakespeare", "--from", str(tmp_path / "nowhere")]) == 1
    assert capsys.readouterr().err.count("\n") == 2


def test_waiting_for_another_process_is_reported(folder: Path) -> None:
    calls: list[int] = []
    first = prepare("key-1", lambda: build(calls))
    next(first)  # holds the lock
    second = prepare("key-1", lambda: build(calls))
    begun = time.monotonic()
    assert "waiting for another process" in next(second).what
    assert time.monotonic() - begun < 30
    drain(first)
    drain(second)
    assert calls == [1]
