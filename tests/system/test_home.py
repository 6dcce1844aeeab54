"""Where nothing can be stored: another folder is taken, or one sentence says what to do."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.system import home


@pytest.fixture(autouse=True)
def own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing names a folder, and what is set or made here ends with the test."""
    before = dict(os.environ)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name in ("UNROLLED_RUNS", "UNROLLED_STATE", "UNROLLED_DATA", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    yield
    monkeypatch.undo()
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def no_folder(tmp_path: Path) -> str:
    """A path below a file, in which nobody can make a folder, not even root."""
    (tmp_path / "file").touch()
    return str(tmp_path / "file" / "home")


def test_a_home_that_can_be_written_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "a home with ümläuts"))
    assert home.use_writable_folders() == []
    assert os.environ["HOME"] == str(tmp_path / "a home with ümläuts")


def test_a_home_that_cannot_be_written(no_folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", no_folder)
    (said,) = home.use_writable_folders()
    assert said.startswith(f"{no_folder} cannot be written: ")
    assert os.environ["HOME"] in said
    assert "set HOME to a folder" in said
    assert all(f.is_relative_to(os.environ["HOME"]) for f in home.own_folders().values())


@pytest.mark.skipif(os.name != "posix", reason="users without an entry are those of POSIX")
def test_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_: int) -> None:
        raise KeyError("uid not found")

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    (said,) = home.use_writable_folders()
    assert said.startswith("There is no home folder: ")
    assert Path(os.environ["HOME"]).is_dir()


def test_a_home_into_which_this_user_may_not_look(
    no_folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "exists", refuse)  # as for a folder of somebody else
    monkeypatch.setenv("HOME", no_folder)
    (said,) = home.use_writable_folders()
    assert said.startswith(f"{no_folder} cannot be written: ")


def test_named_folders_need_no_home(
    no_folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", no_folder)
    for variable in home.own_folders():
        monkeypatch.setenv(variable, str(tmp_path / variable))
    assert home.use_writable_folders() == []


def test_a_named_folder_that_cannot_be_written(
    no_folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNROLLED_RUNS", no_folder)
    with pytest.raises(OSError, match=r"cannot be written: set UNROLLED_RUNS to another folder\.$"):
        home.use_writable_folders()


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 12_000_000))
    said = home.use_writable_folders()
    assert len(said) == 3
    assert said[0].startswith("Only 12 MB are free for ")
    assert "set UNROLLED_RUNS to a folder on another disk" in said[0]
