"""Files are replaced whole, and the folders of earlier versions stay in use."""

import os
import stat

import pytest

from core.system import folders
from core.system.atomic_write import atomic_write, write_bytes


def test_a_failed_write_leaves_the_old_content_and_no_other_file(tmp_path):
    path = tmp_path / "file"
    write_bytes(path, b"old")
    with pytest.raises(TypeError), atomic_write(path) as file:
        file.write("text, not bytes")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_reader_never_sees_half_of_a_file(tmp_path):
    path = tmp_path / "file"
    write_bytes(path, b"old")
    with atomic_write(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes of a file")
def test_nobody_else_may_write_to_what_was_written(tmp_path):
    before = os.umask(0)
    try:
        write_bytes(tmp_path / "file", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o644


def test_a_folder_of_an_earlier_version_stays_in_use(tmp_path, monkeypatch):
    new = tmp_path / "Library" / "unrolled"
    monkeypatch.setattr(folders, "user_data_path", lambda *name, **more: new)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.delenv("UNROLLED_RUNS", raising=False)
    earlier = tmp_path / "share" / "unrolled" / "runs"
    assert folders.user_folder("runs", "UNROLLED_RUNS") == new / "runs"
    earlier.mkdir(parents=True)
    assert folders.user_folder("runs", "UNROLLED_RUNS") == earlier
    (new / "runs").mkdir(parents=True)
    assert folders.user_folder("runs", "UNROLLED_RUNS") == new / "runs"
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path / "chosen"))
    assert folders.user_folder("runs", "UNROLLED_RUNS") == tmp_path / "chosen"


def test_the_cache_is_in_the_user_s_cache_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert folders.cache_folder().name == "unrolled"
