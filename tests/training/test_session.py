"""Stopped, killed and damaged runs: their message, and what they resume from."""

import errno
import math
import os
import shutil
import signal
from functools import cache

import pytest
import torch

from core.config.presets import preset
from core.config.run_spec import RunSpec
from core.data import MissingDataError
from core.data.text import grammar
from core.models.checkpoint import read_checkpoint
from core.publish.train_shipped import train_shipped
from core.run_files.directory import RunDirectory, epoch_of, replace_json
from core.runs import control, fork, launch, process, queue
from core.runs.status import run_status
from core.runs.worker import run_lock
from core.training import errors, session
from core.training.command_line import main, train_run
from core.training.prepare import prepare
from core.training.records import EpochRecord, StepRecord

SIZES = {"dim": 16, "attn_dim": 8, "mlp_dim": 16, "num_heads": 2, "num_layers": 1}
TINY = RunSpec(
    "gpt",
    "CompactGPT",
    model=SIZES,
    recipe={"epochs": 2, "batch_size": 8, "lr": 1e-2},
    data="grammar",
    share=0.03,
    threads=1,
)


@pytest.fixture(scope="module", autouse=True)
def data(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNROLLED_DATA", str(tmp_path_factory.mktemp("data")))
        patch.setattr(grammar, "generate", cache(grammar.generate))  # all read the same texts
        yield


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nothing interrupted, and its records."""
    run = new(tmp_path_factory.mktemp("whole"), "gpt-whole")
    return run, train(run)


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path))
    monkeypatch.setattr(launch, "start", lambda run, gpu: process.identity())
    return tmp_path


def new(runs, name="gpt-a", spec=TINY):
    return RunDirectory.create(runs / name, spec.to_dict())


def weights(run):
    return read_checkpoint(run.last_checkpoint()).tensors


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def train(run):
    with run_lock(run):
        return list(session.run_session(run))


def stopped_after(run, step, request="pause"):
    """Train until this step is recorded, then ask; returns how the run stands."""
    with run_lock(run):
        for record in session.run_session(run):
            if isinstance(record, StepRecord) and record.step == step:
                control.request(run, request)
    return run_status(run)


@pytest.mark.parametrize("stops", [(1,), (5,), (3, 14), (13,)])
def test_a_run_that_was_paused_reaches_the_same_bits(runs, whole, stops):
    whole, records = whole
    broken = new(runs, "gpt-broken")
    for step in stops:
        now = stopped_after(broken, step)
        assert now.state == "paused"
        assert "Paused at step" in now.message
    rest = train(broken)
    assert same(weights(whole), weights(broken))
    assert rest[-1].held_out == records[-1].held_out
    steps = [r["step"] for r in broken.metrics() if r["kind"] == "step"]
    assert steps == sorted(set(steps))


def test_cancel_keeps_a_checkpoint_and_the_run_can_be_resumed(runs):
    run = new(runs)
    assert stopped_after(run, 4, "cancel").state == "cancelled"
    assert run.last_checkpoint().name == "step-00000005"
    assert not control.requested(run)
    train(run)
    assert run_status(run).state == "done"


def test_sigterm_pauses_the_run(runs):
    run = new(runs)
    with run_lock(run):
        for record in session.run_session(run):
            if isinstance(record, StepRecord) and record.step == 3:
                signal.raise_signal(signal.SIGTERM)
    assert run_status(run).state == "paused"


def test_a_second_process_is_refused_and_changes_nothing(runs, capsys):
    run = new(runs)
    with run_lock(run):
        before = (run.status(), (run.path / "proc.json").read_text())
        assert main(["--resume", str(run.path)]) == 1
        assert f"already being trained, by process {os.getpid()}" in capsys.readouterr().err
        assert (run.status(), (run.path / "proc.json").read_text()) == before


def test_resuming_reads_every_setting_from_the_specification(runs, capsys):
    run = new(runs, spec=RunSpec(**{**vars(TINY), "threads": 0}))
    assert train_run(run) == 0
    spec = run.spec()
    assert spec["threads"] == torch.get_num_threads()
    assert len(spec["data_checksum"]) >= 32
    assert main(["--resume", str(run.path)]) == 0
    assert "finished" in capsys.readouterr().out


def test_the_number_of_threads_is_set_on_start_and_on_resume(runs, monkeypatch):
    chosen = []
    monkeypatch.setattr(torch, "set_num_threads", chosen.append)
    run = new(runs, spec=RunSpec(**{**vars(TINY), "threads": 0}))
    stopped_after(run, 2)
    train(run)
    assert chosen == [torch.get_num_threads()] * 2


def test_the_message_mentions_a_checkpoint_only_if_there_is_one(runs):
    run = new(runs)
    records = session.run_session(run)
    next(records)
    records.close()
    assert "no checkpoint yet" in run_status(run).message
    stopped_after(run, 2)
    records = session.run_session(run)
    next(records)
    records.close()
    assert "the last checkpoint is kept" in run_status(run).message
    assert "checkpoint" not in errors.sentence(OSError(errno.ENOSPC, "No space"))


def test_an_epoch_whose_checkpoint_was_not_written_is_recorded_once(runs, whole, monkeypatch):
    run = new(runs, spec=RunSpec(**{**vars(TINY), "checkpoint_every": 0.0}))
    write = session.write_checkpoint

    def killed(path, *rest):
        if "epoch" in path.name:
            raise KeyboardInterrupt
        write(path, *rest)

    monkeypatch.setattr(session, "write_checkpoint", killed)
    with pytest.raises(KeyboardInterrupt):
        train(run)
    assert run.metrics()[-1]["kind"] == "epoch"
    assert (
        run.metrics()[-1]["step"]
        == read_checkpoint(run.last_checkpoint()).extra["progress"]["step"]
    )
    torn = run.checkpoints / ".step-00000014.safetensors.x"
    torn.write_bytes(b"half a file")
    monkeypatch.setattr(session, "write_checkpoint", write)
    train(run)
    assert [r["epoch"] for r in run.metrics() if r["kind"] == "epoch"] == [1, 2]
    assert same(weights(whole[0]), weights(run))
    assert not torn.exists()


@pytest.mark.parametrize("damage", ["truncate", "flip", "json"])
def test_a_damaged_checkpoint_is_replaced_by_the_one_before(runs, whole, damage):
    run = new(runs)
    stopped_after(run, 3)
    stopped_after(run, 8)
    newest = run.last_checkpoint()
    assert newest.name == "step-00000009"
    file = newest.with_suffix(".json" if damage == "json" else ".safetensors")
    data = bytearray(file.read_bytes())
    if damage == "truncate":
        data = data[: len(data) // 2]
    else:
        data[len(data) // 2] ^= 4
    file.write_bytes(data)
    train(run)
    assert same(weights(whole[0]), weights(run))
    assert "Resumed from step 4" in run_status(run).message


def test_a_checkpoint_of_weights_alone_is_not_treated_as_damaged(runs):
    run = new(runs)
    stopped_after(run, 3)
    path = run.last_checkpoint()
    found = read_checkpoint(path)
    weights = {n: t for n, t in found.tensors.items() if n.startswith("model.")}
    session.write_checkpoint(path, found.architecture, found.config, weights, found.extra)
    with pytest.raises(ValueError, match="weights only"):
        train(run)
    assert "fork the run" in run_status(run).message
    assert run.last_checkpoint() == path


def test_a_nan_loss_keeps_the_last_good_checkpoint(runs, monkeypatch):
    run = new(runs, spec=RunSpec(**{**vars(TINY), "recipe": {**TINY.recipe, "epochs": 3}}))
    states = []
    start = session.start
    monkeypatch.setattr(session, "start", lambda *a: states.append(start(*a)) or states[-1])
    records = session.run_session(run)
    while not isinstance(next(records), EpochRecord):
        pass
    good = run.last_checkpoint()
    with torch.no_grad():
        states[0].parameters[0].fill_(math.nan)
    with pytest.raises(ValueError, match="stopped being a number at step 15"):
        list(records)
    now = run_status(run)
    assert now.state == "failed"
    assert "at step" in now.message
    assert "ten times smaller" in now.message
    assert run.last_checkpoint() == good
    read_checkpoint(good)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_disk_is_reported_and_the_run_can_be_resumed(runs, whole):
    run = new(runs)
    (run.path / "metrics.jsonl").symlink_to("/dev/full")
    with run_lock(run), pytest.raises(OSError, match="No space left"):
        list(run_past_start(run))
    assert run_status(run).state == "failed"
    assert "disk is full" in run_status(run).message
    (run.path / "metrics.jsonl").unlink()
    train(run)
    assert same(weights(whole[0]), weights(run))


def run_past_start(run):
    """As run_session, but metrics.jsonl is left alone at the start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "_drop_later_records", lambda run, state: None)
        yield from session.run_session(run)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space"), "disk is full"),
        (PermissionError(errno.EACCES, "no", "/secret/x"), "x cannot be written"),
        (OSError(errno.EROFS, "read-only", "/secret/x"), "x cannot be written"),
        (OSError(errno.EIO, "Input/output error", "/secret/x"), "x cannot be used: Input/output"),
        (MemoryError(), "batch size of 8"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 bytes"), "Memory ran out"),
        (torch.OutOfMemoryError("CUDA out of memory."), "Memory ran out"),
        (KeyError("x"), "see its log"),
    ],
)
def test_every_error_has_a_sentence_that_says_what_to_do(error, said):
    sentence = errors.sentence(error, batch_size=8)
    assert said in sentence
    assert sentence.endswith(".")
    assert "/secret" not in sentence, "no folder of this disk"


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path, capsys):
    (tmp_path / "file").write_text("not a folder")
    command = ["gpt", "--data", "grammar", "--run-dir", str(tmp_path / "file" / "run")]
    assert main(command) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_changed_data_is_noticed_before_a_run_is_resumed(runs):
    run = new(runs)
    stopped_after(run, 2)
    replace_json(run.path / "spec.json", {**run.spec(), "data_checksum": "0" * 64})
    with pytest.raises(ValueError, match="has changed since"):
        train(run)
    assert run_status(run).state == "failed"


def test_an_extended_run_keeps_optimiser_and_step(runs):
    run = new(runs)
    train(run)
    step = run.status()["step"]
    with pytest.raises(ValueError, match="already has 2 epochs"):
        fork.extend(run, 2)
    fork.extend(run, 3)
    assert run_status(run).state == "queued"
    queue.tickets()
    records = train(run)
    assert records[0].step == step + 1
    assert records[-1].epoch == 3
    assert run.spec()["lengthened"] == [{"from": 2, "step": step}]


MISSING = [
    (["vit"], "CIFAR-10 is not in"),
    (["gpt", "--data-dir", "/nowhere"], "Shakespeare is not in /nowhere"),
    (["cnn", "--data", "/nowhere/at/all"], "There are no images called"),
    (["gpt", "--data", "/nowhere/text.txt"], "There are no dialogues called"),
]


@pytest.mark.parametrize(("words", "said"), MISSING)
def test_a_run_without_its_data_is_refused_and_leaves_no_folder(runs, capsys, words, said):
    assert main(words) == 1
    error = capsys.readouterr().err
    assert error.startswith("Error: ")
    assert said in error
    assert error.count("\n") == 1
    assert list(runs.iterdir()) == []


def test_queue_fork_and_shipped_training_refuse_missing_data(runs, monkeypatch):
    missing = preset("best", "cnn")
    with pytest.raises(MissingDataError, match="get cifar10"):
        queue.submit(missing.to_dict())
    with pytest.raises(MissingDataError, match="get cifar10"):
        train_shipped("cnn-cifar10", None, 1)
    assert list(runs.iterdir()) == []
    run = new(runs)
    train(run)
    with pytest.raises(MissingDataError, match="no dialogues"):
        fork.fork(run, run.checkpoint_names()[-1], {}, data="/nowhere/text.txt")
    assert [p.name for p in runs.iterdir() if p.is_dir() and p.name[0] != "."] == ["gpt-a"]
    monkeypatch.setenv("UNROLLED_ENGINE", "ray")
    queue.require_data(missing)  # a cluster has data of its own


def test_a_fork_starts_from_the_weights_with_other_settings(runs):
    run = new(runs)
    train(run)
    name = run.checkpoint_names()[-1]
    with pytest.raises(ValueError, match="no checkpoint"):
        fork.fork(run, "../../x", {})
    child = fork.fork(run, name, {"lr": 1e-8, "batch_size": 16, "epochs": 1})
    assert child.spec()["forked_from"] == {"run": "gpt-a", "checkpoint": name}
    parent_figures = run.metrics()[-1]["held_out"]
    shutil.rmtree(run.path)  # it needs the parent no more
    train(child)
    first = child.metrics()[-1]["held_out"]["loss"]
    assert first == pytest.approx(parent_figures["loss"], abs=1e-3)  # lr 1e-8 moves next to nothing


def test_few_steps_are_recorded_and_few_checkpoints_stay(runs):
    run = new(runs, spec=RunSpec(**{**vars(TINY), "recipe": {**TINY.recipe, "epochs": 7}}))
    records = train(run)
    written = run.metrics()
    assert written[-1]["kind"] == "epoch"
    assert len(written) < len(records)
    epochs = [epoch_of(name) for name in run.checkpoint_names()]
    assert epochs[:3] == [1, 2, 4]  # what shows how the model came to be
    assert epochs[-1] == 7
    assert len(epochs) <= 5


def test_the_untrained_model_is_recorded_once_however_often_a_run_begins(runs):
    run = new(runs)
    assert stopped_after(run, 1, request="pause").state == "paused"
    for path in run.checkpoints.iterdir():  # as if the run had been killed before its first one
        path.unlink()
    train(run)
    starts = [record for record in run.records() if record["kind"] == "start"]
    assert len(starts) == 1
    assert starts[0]["text"]
    assert (run.path / "attention" / "step-00000000.npy").exists()


def test_attention_over_texts_of_many_lengths_makes_no_plans_of_cudnn():
    torch.backends.cuda.enable_cudnn_sdp(True)
    prepare(TINY, torch.device("cpu"))
    assert not torch.backends.cuda.cudnn_sdp_enabled()
