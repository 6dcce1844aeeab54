"""python -m tests.faults.crashes [--kills 8] [--damages 500] [--seed 0]

Kill two small trainings, of a GPT and of a Vision Transformer, at random moments and at the worst
ones, resume them each time, and compare weights, losses and gradient norms with those of a
training that was never interrupted: they must be equal. Then damage every file of a finished run
again and again, and see that each damage is named and no other run suffers.
"""

import argparse
import importlib
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from functools import cache
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch

from core.config.run_spec import RunSpec
from core.models.checkpoint import read_checkpoint
from core.run_files.directory import RunDirectory
from core.runs import queue, table
from core.runs.launch import PROJECT, environment
from core.runs.status import run_status
from core.training.command_line import main as main_of_training

SIZES = {"dim": 16, "attn_dim": 8, "mlp_dim": 16, "num_heads": 2, "num_layers": 1}
RECIPE = {"epochs": 3, "batch_size": 8, "lr": 1e-2}
EVERYTHING = {
    "schedule": "warmup", "optimizer": "muon", "augment": True, "ema": 0.9, "clip": 1.0,
    "precision": "bf16",
}  # fmt: skip
SPECS = {
    "gpt": RunSpec("gpt", "CompactGPT", SIZES, RECIPE, "grammar", share=0.1, threads=1),
    "vit": RunSpec(
        "vit", "CompactViT", SIZES, {**RECIPE, **EVERYTHING}, "shapes", share=0.03,
        validation_share=0.01, threads=2,
    ),
}  # fmt: skip
SPECS = {kind: replace(spec, checkpoint_every=0.3) for kind, spec in SPECS.items()}
# At the named moment the training kills itself: in which call, made from which function, and at
# which of them. A checkpoint is two files: the third and the fourth call are in the second one.
WORST = {
    "during a checkpoint write": ("core.system.atomic_write:os.fsync", "write_checkpoint", 3),
    "during a rename": ("core.system.atomic_write:os.replace", "write_checkpoint", 4),
    "before the first checkpoint": ("core.training.session:save_state", "_train_and_record", 1),
}


@cache
def forks() -> BaseContext:
    """Processes that begin with everything imported, which takes longer than so short a training;
    the queue starts one from nothing."""
    from multiprocessing import forkserver  # not on Windows

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["core.training.session", "nltk"])
    with patch.dict(os.environ, environment(max(spec.threads for spec in SPECS.values()), None)):
        forkserver.ensure_running()
    first = context.Process(target=int)
    first.start()
    first.join()
    return context


def new_run(name: str) -> RunDirectory:
    """A run of the kind its name begins with."""
    spec = SPECS[name.split("-")[0]]
    return RunDirectory.create(queue.runs_folder() / name, spec.to_dict())


def trainer(run: RunDirectory, *, die_at: tuple[str, str, int] | None = None) -> BaseProcess:
    """What `python -m core.train --resume RUN` does, or the same that kills itself at a moment."""
    done = run_status(run).state == "done"  # it says so and changes nothing, its log neither
    log = os.devnull if done else str(run.path / "log.txt")
    variables = environment(int(run.spec()["threads"]), None)
    process = forks().Process(target=_resume, args=(str(run.path), log, variables, die_at))
    process.start()
    return process


def _resume(
    run: str, log: str, variables: dict[str, str], die_at: tuple[str, str, int] | None
) -> None:
    os.setsid()
    os.environ.update(variables)
    with open(log, "ab") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    if die_at:
        _die_at(*die_at)
    sys.exit(main_of_training(["--resume", run]))


def _die_at(where: str, caller: str, nth: int) -> None:
    calls = 0
    module, _, name = where.partition(":")
    place = importlib.import_module(module)
    *owner, last = name.split(".")
    for part in owner:
        place = getattr(place, part)
    real = getattr(place, last)

    def die(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        frame = sys._getframe(1)
        while frame is not None and frame.f_code.co_name != caller:
            frame = frame.f_back
        calls += frame is not None
        if calls == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **kwargs)

    setattr(place, last, die)


def end(run: RunDirectory) -> float:
    """Resume until it is done; returns how many seconds that took."""
    began = time.monotonic()
    process = trainer(run)
    process.join(timeout=200)
    assert process.exitcode == 0, (run.path / "log.txt").read_text()[-2000:]
    assert run_status(run).state == "done", run_status(run)
    return time.monotonic() - began


def measured(run: RunDirectory) -> dict[tuple[str, int], dict[str, Any]]:
    """Every record but its times. An epoch's has the mean loss over all of its steps."""
    return {
        (r["kind"], r["step"]): {k: v for k, v in r.items() if not k.endswith("seconds")}
        for r in run.metrics()
    }


def check_same(whole: RunDirectory, broken: RunDirectory) -> None:
    """Errors: AssertionError naming the first record or the weight that differs."""
    one, other = measured(whole), measured(broken)
    both = [key for key in one if key in other]  # a slow step is recorded for being slow
    assert sum(kind == "epoch" for kind, _ in both) == RECIPE["epochs"]
    for key in both:
        assert one[key] == other[key], f"{broken.path.name}, {key}: {other[key]}, not {one[key]}"
    weights = []
    for run in (whole, broken):
        last = run.last_checkpoint()
        assert last is not None
        weights.append(read_checkpoint(last).tensors)
    assert weights[0].keys() == weights[1].keys()
    for name, tensor in weights[0].items():
        assert torch.equal(tensor, weights[1][name]), f"{broken.path.name}: {name} differs"


def killed_and_resumed(name: str, wait: float, whole: RunDirectory, *, training: bool) -> str:
    """Start, kill -9 after `wait` seconds, expect "lost", resume, compare.

    training: the seconds count from its first record on.
    """
    run = new_run(name)
    process = trainer(run)
    while training and not run.metrics() and process.is_alive():
        time.sleep(0.005)
    time.sleep(wait)
    process.kill()
    killed = time.monotonic()
    process.join()
    while (state := run_status(run).state) not in ("lost", "done", "queued"):
        assert time.monotonic() - killed < 60, f"{state} after a minute"
        time.sleep(0.02)
    held = run.last_checkpoint()
    end(run)
    check_same(whole, run)
    check_history(run)
    return f"{state}, went on from {held.name if held else 'the beginning'}"


def check_history(run: RunDirectory) -> None:
    steps = [r["step"] for r in run.metrics() if r["kind"] == "step"]
    epochs = [r["epoch"] for r in run.metrics() if r["kind"] == "epoch"]
    assert steps == sorted(set(steps))
    assert epochs == [1, 2, 3]
    error = table.row(run.path, thorough=True).error
    assert error == "", error


def worst_moment(name: str, die_at: tuple[str, str, int], whole: RunDirectory) -> None:
    run = new_run(name)
    process = trainer(run, die_at=die_at)
    process.join(timeout=200)
    assert process.exitcode == -signal.SIGKILL, "the process ended before it was killed"
    assert run_status(run).state == "lost"
    end(run)
    check_same(whole, run)
    check_history(run)


def while_queued(whole: RunDirectory) -> None:
    """The server dies right after queueing the run; the next process starts it, once."""
    code = (
        "import os, signal; from core.runs import launch, queue\n"
        "launch.start = lambda run, gpu: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"queue.submit({whole.spec()!r})"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False)
    assert done.returncode == -signal.SIGKILL
    [run] = queue.tickets()
    assert run_status(run).state == "queued"
    for _ in range(3):
        queue.advance()
    deadline = time.monotonic() + 200
    while not run_status(run).is_over and time.monotonic() < deadline:
        time.sleep(0.2)
    assert run_status(run).state == "done", run_status(run)
    check_same(whole, run)


def damaged(whole: bytes, chance: random.Random) -> bytes:
    """The content with one bit flipped, or with its end cut off."""
    data = bytearray(whole)
    if chance.random() < 0.5:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        return bytes(data)
    return bytes(data[: chance.randrange(len(data))])


def damages(tries: int, chance: random.Random, source: RunDirectory) -> dict[str, int]:
    """Flip a bit or cut the end off a random file, `tries` times; returns how often each file."""
    hurt, well = (queue.runs_folder() / name for name in ("gpt-hurt", "gpt-well"))
    for target in (hurt, well):
        shutil.copytree(source.path, target)
    hidden = (".lock", ".reserve")
    files = sorted(p for p in hurt.rglob("*") if p.is_file() and p.name not in hidden)
    counts: dict[str, int] = {}
    for _ in range(tries):
        file = chance.choice(files)
        whole = file.read_bytes()
        file.write_bytes(damaged(whole, chance))
        rows = {row.name: row for row in table.rows(thorough=True)}
        name = file.relative_to(hurt).as_posix()
        assert file.name in rows["gpt-hurt"].error, f"{name}: damage was not named"
        assert rows["gpt-well"].error == "", "another run suffered"
        file.write_bytes(whole)
        counts[name] = counts.get(name, 0) + 1
    assert table.row(hurt, thorough=True).error == ""
    return counts


def check_all(kills: int, tries: int, seed: int) -> dict[str, Any]:
    """Everything, in a runs folder of its own. Errors: AssertionError that says what broke."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        runs = str(Path(folder) / "runs")
        with patch.dict(os.environ, {"UNROLLED_RUNS": runs, "UNROLLED_SLOTS": "1"}):
            return _check_all(kills, tries, chance)


def _check_all(kills: int, tries: int, chance: random.Random) -> dict[str, Any]:
    said: dict[str, Any] = {}
    whole, seconds = {}, {}
    for kind in SPECS:
        whole[kind] = new_run(f"{kind}-whole")
        seconds[kind] = end(whole[kind])
        said[f"an uninterrupted {kind}"] = f"{seconds[kind]:.1f} s"
    print(said, flush=True)
    for number in range(kills):
        training = number % 2 == 0  # getting ready takes most of so short a run: half come after it
        kind = list(SPECS)[number // 2 % 2]
        span = _trained(whole[kind]) if training else seconds[kind]
        wait = chance.uniform(0.02, 1.05) * span
        moment = f"{kind} killed {wait:.2f} s after its {'first record' if training else 'start'}"
        name = f"{kind}-kill-{number}"
        said[moment] = killed_and_resumed(name, wait, whole[kind], training=training)
        print(f"{moment}: {said[moment]}", flush=True)
    for kind in SPECS:
        for number, (moment, die_at) in enumerate(WORST.items()):
            worst_moment(f"{kind}-worst-{number}", die_at, whole[kind])
            print(f"{kind} killed {moment}: came back", flush=True)
    while_queued(whole["gpt"])
    print("killed while queued: came back, started once", flush=True)
    for path in queue.runs_folder().glob("???-*"):
        if path != whole["gpt"].path:
            shutil.rmtree(path)
    said["damages"] = damages(tries, chance, whole["gpt"])
    print(f"{tries} damages, all named:", said["damages"], flush=True)
    return said


def _trained(run: RunDirectory) -> float:
    """Seconds from a run's first record to its end."""
    first, last = run.path / "attention" / "step-00000001.npy", run.path / "status.json"
    return last.stat().st_mtime - first.stat().st_mtime


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.faults.crashes", description=__doc__)
    options.add_argument("--kills", type=int, default=8, help="random moments (50 for a soak)")
    options.add_argument("--damages", type=int, default=500, help="bit flips and truncations")
    options.add_argument("--seed", type=int, default=0)
    chosen = options.parse_args()
    began = time.monotonic()
    check_all(chosen.kills, chosen.damages, chosen.seed)
    print(f"All came back in {time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    main()
