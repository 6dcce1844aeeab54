"""Two processes (torchrun, gloo) make the same steps as a single one; each needs its own GPU."""

import os
import subprocess
import sys

import pytest
import torch

from core.models.checkpoint import read_checkpoint
from core.run_files.directory import RunDirectory
from core.runs.launch import PROJECT, environment
from core.training.command_line import main
from core.training.distributed import process_group

SIZES = ["--dim=16", "--attn-dim=8", "--mlp-dim=16", "--num-heads=2", "--num-layers=1"]
COMMON = ["--data=grammar", "--share=0.02", "--epochs=2", "--batch-size=16", "--threads=1"]


def loss_of(record):
    return record["loss"] if record["kind"] == "step" else record["held_out"]["loss"]


@pytest.mark.timeout(300)
def test_two_processes_have_the_losses_of_one(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path / "data"))
    job = ["gpt", "--architecture=DialogueGPT", "--lr=0.01", *COMMON, *SIZES]
    ends = {name: RunDirectory(tmp_path / "runs" / name) for name in ("one", "two")}
    assert main([*job, "--run-dir", str(ends["one"].path)]) == 0
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--local-addr=127.0.0.1"]
    start = [*torchrun, "--nproc-per-node=2", "-m", "core.train"]
    done = subprocess.run(
        [sys.executable, *start, *job, "--run-dir", str(ends["two"].path)],
        cwd=PROJECT,
        env={**environment(1, None), "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=250,
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    for name, run in ends.items():
        assert run.status()["state"] == "done", name
    one, two = ends["one"].metrics(), ends["two"].metrics()

    def by_step(records):  # slow steps are recorded too: compare those that both have
        return {(r["kind"], r["step"]): r for r in records if r["kind"] != "start"}

    one, two = by_step(one), by_step(two)
    both = one.keys() & two.keys()
    assert len(both) >= 12
    for key in both:
        assert loss_of(two[key]) == pytest.approx(loss_of(one[key]), rel=1e-4)
    weights = [read_checkpoint(ends[n].last_checkpoint()).tensors for n in ("one", "two")]
    for name, tensor in weights[0].items():
        if name.startswith("model."):
            torch.testing.assert_close(tensor, weights[1][name], atol=2e-3, rtol=2e-2)
    assert sorted(os.listdir(tmp_path / "runs" / "two")) == sorted(
        os.listdir(tmp_path / "runs" / "one")
    )


def test_more_processes_than_gpus_are_refused_before_they_connect(monkeypatch):
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "3")
    monkeypatch.setenv("LOCAL_RANK", "2")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    refused = pytest.raises(ValueError, match=r"3 processes .* has 2; .*--nproc-per-node=2")
    with refused, process_group():
        pass
