"""What Windows and macOS do differently: each branch is taken here, whatever this system is."""

import io
import os
import subprocess
import sys
import types

import psutil
import pytest

from core.models.pretrained import store
from core.run_files.directory import RunDirectory
from core.runs import control, process, table
from core.system import atomic_write, processes
from core.system.command import exit_status

# Started in the background of a script, the tests would hand down that interrupts are ignored.
WAITS = """
import signal, subprocess, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
subprocess.run([sys.executable, "-c", "import time; time.sleep(600)"])
"""


@pytest.mark.parametrize("windows", [False, True])
def test_a_process_and_what_it_started_are_ended(windows, monkeypatch):
    options = processes.detached() if os.name == "posix" else {}
    child = subprocess.Popen([sys.executable, "-c", WAITS], **options)
    parent = psutil.Process(child.pid)
    while not (family := parent.children()):
        assert child.poll() is None
    monkeypatch.setattr(processes, "WINDOWS", windows or os.name == "nt")
    processes.stop(child, patience=30)
    assert child.poll() is not None
    psutil.wait_procs(family, timeout=30)
    assert not any(member.is_running() for member in family)


def test_ctrl_c_in_the_window_reaches_no_training(monkeypatch):
    monkeypatch.setattr(processes, "WINDOWS", True)
    [(name, flags)] = processes.detached().items()
    assert (name, flags & 0x200, flags & 0x8000000) == ("creationflags", 0x200, 0x8000000)
    monkeypatch.setattr(processes, "WINDOWS", False)
    assert processes.detached() == {"start_new_session": True}


def test_a_training_has_a_lower_priority_class_on_windows(monkeypatch):
    given = []
    monkeypatch.setattr(processes, "WINDOWS", True)
    fake = types.SimpleNamespace(nice=given.append)
    monkeypatch.setattr(processes.psutil, "Process", lambda pid: fake)
    processes.lower_priority(os.getpid())
    assert given == [0x4000]


@pytest.mark.parametrize(("windows", "tries"), [(True, 4), (False, 1)])
def test_a_file_that_is_being_read_is_replaced_a_little_later(
    windows, tries, tmp_path, monkeypatch
):
    path, attempts, replace = tmp_path / "status.json", [], os.replace

    def busy(source, target):
        attempts.append(target)
        if len(attempts) < 4:
            raise PermissionError(13, "Access is denied")
        replace(source, target)

    atomic_write.write_bytes(path, b"old")
    monkeypatch.setattr(atomic_write, "WINDOWS", windows)
    monkeypatch.setattr(atomic_write, "PAUSE", 0.0)
    monkeypatch.setattr(os, "replace", busy)
    if windows:
        atomic_write.write_bytes(path, b"new")
    else:
        with pytest.raises(PermissionError):
            atomic_write.write_bytes(path, b"new")
    assert (path.read_bytes(), len(attempts)) == (b"new" if windows else b"old", tries)
    assert os.listdir(tmp_path) == ["status.json"]


def test_a_file_that_stays_in_use_is_given_up(monkeypatch):
    monkeypatch.setattr(atomic_write, "WINDOWS", True)
    monkeypatch.setattr(atomic_write, "PAUSE", 0.0)
    attempts = []

    def refuse():
        attempts.append(1)
        raise PermissionError(13, "Access is denied")

    with pytest.raises(PermissionError):
        atomic_write.patiently(refuse)
    assert len(attempts) == atomic_write.TRIES


def test_a_boot_that_is_known_to_a_second_stays_the_same(monkeypatch, tmp_path):
    monkeypatch.setattr(process, "BOOT_ID", tmp_path / "none")
    monkeypatch.setattr(process.psutil, "boot_time", lambda: 60 * 1000.5 - 1)
    before, run = process.identity(), RunDirectory(tmp_path)
    control.request(run, "cancel")
    monkeypatch.setattr(process.psutil, "boot_time", lambda: 60 * 1000.5 + 1)
    assert process.boot_id() != before["boot"]  # rounded to the minute it is another
    assert process.alive(before)
    assert not control.overdue(run)
    monkeypatch.setattr(process.psutil, "boot_time", lambda: 60 * 1010.0)
    assert not process.alive(before)
    assert control.overdue(run)


def test_a_machine_in_another_network_is_the_same_one(monkeypatch):
    monkeypatch.setattr(process.platform, "node", lambda: "mac.local")
    about = process.identity()
    monkeypatch.setattr(process.platform, "node", lambda: "mac.example.org")
    assert process.alive(about)
    monkeypatch.setattr(process.platform, "node", lambda: "other.local")
    assert not process.alive(about)


@pytest.mark.parametrize("name", ["con", "nul", "com1", "lpt9"])
def test_no_model_is_called_like_a_device_of_windows(name):
    with pytest.raises(ValueError, match="keeps for a device"):
        store.require_name(name)
    assert store.require_name(f"{name}-2") == f"{name}-2"


def test_what_is_in_use_is_not_removed_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    (tmp_path / "models" / "llama").mkdir(parents=True)
    run = RunDirectory.create(tmp_path / "runs" / "vit-1", {"architecture": "ViT"}, "done")

    def refuse(source, target):
        raise PermissionError(13, "The process cannot access the file")

    monkeypatch.setattr(os, "replace", refuse)
    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(OSError, match=r"^The model llama cannot be removed: .*again\.$"):
        store.remove("llama")
    with pytest.raises(OSError, match=r"^The run vit-1 cannot be deleted: .*again\.$"):
        table.delete(run)
    assert (tmp_path / "models" / "llama").is_dir()
    assert run.status()["state"] == "done"


def test_a_command_writes_letters_that_a_file_of_windows_lacks(monkeypatch):
    out = io.TextIOWrapper(io.BytesIO(), encoding="cp1252", newline="\n")
    monkeypatch.setattr(sys, "stdout", out)
    assert exit_status(lambda: print("ρ → 1 für jeden")) == 0
    out.flush()
    assert out.buffer.getvalue() == b"\\u03c1 \\u2192 1 f\xfcr jeden\n"
