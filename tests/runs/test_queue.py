"""The queue: each run started once, first come first served, and no process taken for another."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from core.run_files.directory import RunDirectory, replace_json
from core.runs import control, launch, process, queue
from core.runs.status import run_status
from core.system import processes

SPEC = {"kind": "gpt", "data": "grammar", "architecture": "DialogueGPT"}


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """An empty runs folder with one slot."""
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path))
    monkeypatch.setenv("UNROLLED_SLOTS", "1")
    return tmp_path


@pytest.fixture
def started(monkeypatch):
    """The names of the runs that were started, in order; they count as running from then on."""
    names = []

    def start(run, gpu):
        names.append(run.path.name)
        replace_json(run.path / "proc.json", process.identity())
        run.set_status("running")
        return process.identity()

    monkeypatch.setattr(launch, "start", start)
    return names


def finish(run):
    run.set_status("done")
    queue.advance()


def sleeper():
    """A process with a child of its own; both sleep."""
    inner = "[sys.executable, '-c', 'import time; time.sleep(600)']"
    code = f"import subprocess, sys; subprocess.run({inner})"
    return subprocess.Popen([sys.executable, "-c", code])


def test_a_hundred_simultaneous_starts_make_a_hundred_runs_each_started_once(runs, started):
    barrier = threading.Barrier(100)

    def press():
        barrier.wait()
        queue.submit(SPEC)

    threads = [threading.Thread(target=press) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = sorted(p.parent.name for p in runs.glob("*/spec.json"))
    assert len(made) == 100
    assert len(started) == 1
    order = [run.path.name for run in queue.tickets()]
    for number in range(100):
        assert len(started) == number + 1  # one slot: the next waits for the end of this one
        finish(RunDirectory(runs / started[-1]))
    assert sorted(started) == made
    assert started == order
    assert queue.tickets() == []


def test_as_many_run_at_once_as_there_are_slots(runs, started, monkeypatch):
    monkeypatch.setenv("UNROLLED_SLOTS", "3")
    made = [queue.submit(SPEC) for _ in range(5)]
    assert [run_status(run).state for run in made] == ["running"] * 3 + ["queued"] * 2
    assert [queue.position(run) for run in made] == [None, None, None, 0, 1]
    finish(made[1])
    assert run_status(made[3]).state == "running"


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5"])
def test_an_invalid_number_of_slots_is_refused(runs, monkeypatch, value):
    monkeypatch.setenv("UNROLLED_SLOTS", value)
    with pytest.raises(ValueError, match="UNROLLED_SLOTS"):
        queue.slots()


def test_a_queued_run_can_be_withdrawn_and_queued_again_at_the_end(runs, started):
    first, second, third = (queue.submit(SPEC) for _ in range(3))
    queue.cancel(second)
    assert run_status(second).state == "cancelled"
    assert queue.position(third) == 0
    queue.enqueue(second)
    assert (queue.position(third), queue.position(second)) == (0, 1)
    with pytest.raises(ValueError, match="already queued"):
        queue.enqueue(second)
    with pytest.raises(ValueError, match="already running"):
        queue.enqueue(first)
    finish(first)
    with pytest.raises(ValueError, match="neither queued nor running"):
        queue.cancel(first)
    with pytest.raises(ValueError, match="nothing to resume"):
        queue.enqueue(first)


def test_an_ended_process_is_noticed_and_the_next_run_starts(runs, started):
    first, second = queue.submit(SPEC), queue.submit(SPEC)
    child = sleeper()
    replace_json(first.path / "proc.json", process.identity(child.pid))
    assert run_status(first).state == "running"
    process.kill_tree(process.identity(child.pid))
    assert run_status(first).state == "lost"  # though the child has not been waited for
    queue.advance()
    assert first.status()["state"] == "lost"
    assert run_status(second).state == "running"
    child.wait()


@pytest.mark.parametrize("change", [{"created": -100.0}, {"boot": "another"}, {"host": "other"}])
def test_a_reused_pid_is_never_mistaken_for_the_run(runs, started, change):
    run = queue.submit(SPEC)
    about = process.identity()
    assert process.alive(about)
    changed = {k: about[k] + v if k == "created" else v for k, v in change.items()}
    replace_json(run.path / "proc.json", {**about, **changed})
    assert run_status(run).state == "lost"


def test_an_unresponsive_process_is_killed_with_its_children(runs, started, monkeypatch):
    run = queue.submit(SPEC)
    child = sleeper()
    about = process.identity(child.pid)
    replace_json(run.path / "proc.json", about)
    deadline = time.monotonic() + 30
    while not (family := process.find(about).children()) and time.monotonic() < deadline:
        time.sleep(0.05)
    monkeypatch.setattr(control, "TIMEOUT", 600.0)
    queue.cancel(run)
    queue.advance()
    assert run_status(run).state == "running"  # it has time to end by itself
    monkeypatch.setattr(control, "TIMEOUT", 0.0)
    queue.advance()
    child.wait()
    assert not any(member.is_running() for member in family)
    assert run_status(run).state == "cancelled"
    assert "by force" in run_status(run).message


def test_setting_the_clock_changes_nothing(runs, started, monkeypatch):
    first = queue.submit(SPEC)
    queue.submit(SPEC)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - 86_400)
    third = queue.submit(SPEC)
    assert run_status(first).state == "running"
    assert process.alive(process.identity())
    assert queue.position(third) == 1
    queue.cancel(first)
    monkeypatch.setattr(time, "time", lambda: real() + 86_400)
    assert not control.overdue(first)


def test_a_process_that_ends_before_training_fails_with_a_pointer_to_its_log(runs, monkeypatch):
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    about = process.identity(child.pid)
    child.wait()
    monkeypatch.setattr(launch, "start", lambda run, gpu: about)
    run = queue.submit(SPEC)
    queue.advance()
    assert run_status(run).state == "failed"
    assert "see its log" in run_status(run).message


def test_a_process_that_cannot_start_fails_and_the_queue_advances(runs, monkeypatch):
    def start(run, gpu):
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(launch, "start", start)
    run = queue.submit(SPEC)
    assert run_status(run).state == "failed"
    assert "Resource temporarily unavailable" in run_status(run).message
    assert queue.tickets() == []


@pytest.mark.parametrize("file", ["spec.json", "status.json"])
def test_a_damaged_run_does_not_block_the_others(runs, started, file):
    first, second = queue.submit(SPEC), queue.submit(SPEC)
    (first.path / file).write_text("{")
    queue.advance()
    assert run_status(first).state == "damaged"
    assert file in run_status(first).message
    assert run_status(second).state == "running"


def test_a_training_has_a_number_of_threads_that_wait_passively(monkeypatch):
    environment = launch.environment(3, gpu=1)
    assert environment["OMP_NUM_THREADS"] == "3"
    assert environment["OMP_WAIT_POLICY"] == "PASSIVE"
    assert environment["CUDA_VISIBLE_DEVICES"] == "1"
    child = sleeper()
    processes.lower_priority(child.pid)
    if os.name == "posix":
        assert os.getpriority(os.PRIO_PROCESS, child.pid) >= 10
    process.kill_tree(process.identity(child.pid))
    child.wait()


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="no autogroups here")
def test_a_training_has_lower_priority_than_other_sessions():
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    child = subprocess.Popen(command, start_new_session=True)
    try:
        processes.lower_priority(child.pid)
        autogroup = Path(f"/proc/{child.pid}/autogroup").read_text(encoding="ascii")
        assert autogroup.split()[-1] == str(processes.NICE)
    finally:
        child.kill()
        child.wait()
