"""python -m tests.faults.crashes [--kills 8] [--damages 500] [--seed 0]

Kill a tiny training at random moments and at the worst ones, resume it each time, and hold its
end against a training that was never interrupted. Then damage every file of a finished run again
and again, and see that each damage is named and no other run suffers.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from core.checkpoint import read_checkpoint
from core.runs import queue, table
from core.runs.directory import RunDirectory
from core.runs.launch import PROJECT, environment
from core.runs.watch import standing
from core.train.spec import RunSpec

SPEC = RunSpec(
    "gpt",
    "CompactGPT",
    model={"dim": 16, "attn_dim": 8, "mlp_dim": 16, "num_heads": 2, "num_layers": 1},
    recipe={"epochs": 3, "batch_size": 8, "lr": 1e-2},
    data="grammar",
    share=0.1,
    threads=1,
    checkpoint_every=0.3,
)
# At the named moment the trainer ends itself as kill -9 would: in which call, made from where.
WORST = {
    "during a checkpoint write": ("core.checkpoint:os.fsync", "write_checkpoint"),
    "during a rename": ("core.checkpoint:os.replace", "write_checkpoint"),
    "before the first checkpoint": ("core.train.session:save_state", "_record"),
}
DIE_AT = """
import importlib, os, signal, sys
run, where, caller = sys.argv[1:]
module, _, name = where.partition(":")
place = importlib.import_module(module)
*owner, last = name.split(".")
for part in owner:
    place = getattr(place, part)
real = getattr(place, last)
def die(*args, **kwargs):
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name == caller:
            os.kill(os.getpid(), signal.SIGKILL)
        frame = frame.f_back
    return real(*args, **kwargs)
setattr(place, last, die)
from core.train.__main__ import main
sys.exit(main(["--resume", run]))
"""


def new_run(name: str) -> RunDirectory:
    return RunDirectory.create(queue.runs_folder() / name, SPEC.to_dict())


def trainer(run: RunDirectory, *, die_at: tuple[str, str] | None = None) -> subprocess.Popen[bytes]:
    """`python -m core.train --resume RUN`, or the same that kills itself at a moment."""
    command = ["-m", "core.train", "--resume", str(run.path)]
    if die_at:
        command = ["-c", DIE_AT, str(run.path), *die_at]
    done = standing(run).state == "done"  # it says so and changes nothing, its log neither
    with open(os.devnull if done else run.path / "log.txt", "ab") as log:
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=PROJECT,
            env=environment(1, None),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def end(run: RunDirectory) -> tuple[float, dict[str, torch.Tensor]]:
    """Resume until it is done; returns how long that took and the weights."""
    began = time.monotonic()
    process = trainer(run)
    assert process.wait(timeout=200) == 0, (run.path / "log.txt").read_text()[-2000:]
    assert standing(run).state == "done", standing(run)
    last = run.last_checkpoint()
    assert last is not None
    return time.monotonic() - began, read_checkpoint(last).tensors


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def killed_and_resumed(
    name: str, wait: float, whole: dict[str, torch.Tensor], *, training: bool
) -> str:
    """Start, kill -9 after `wait` seconds, see it called lost within 5 s, resume, compare.

    training: the seconds count from its first record on.
    """
    run = new_run(name)
    process = trainer(run)
    while training and not run.metrics() and process.poll() is None:
        time.sleep(0.005)
    time.sleep(wait)
    process.send_signal(signal.SIGKILL)
    killed = time.monotonic()
    process.wait()
    while (state := standing(run).state) not in ("lost", "done", "queued"):
        assert time.monotonic() - killed < 5, f"{state} after 5 seconds"
        time.sleep(0.02)
    held = run.last_checkpoint()
    _, tensors = end(run)
    assert same(whole, tensors), f"{name}: other weights than a run that was not interrupted"
    check_history(run)
    return f"{state}, went on from {held.name if held else 'the beginning'}"


def check_history(run: RunDirectory) -> None:
    steps = [r["step"] for r in run.metrics() if r["kind"] == "step"]
    epochs = [r["epoch"] for r in run.metrics() if r["kind"] == "epoch"]
    assert steps == sorted(set(steps))
    assert epochs == [1, 2, 3]
    error = table.row(run.path, thorough=True).error
    assert error == "", error


def worst_moment(name: str, die_at: tuple[str, str], whole: dict[str, torch.Tensor]) -> None:
    run = new_run(name)
    process = trainer(run, die_at=die_at)
    assert process.wait(timeout=200) == -signal.SIGKILL, "it did not come to that moment"
    assert standing(run).state == "lost"
    _, tensors = end(run)
    assert same(whole, tensors)
    check_history(run)


def while_queued(whole: dict[str, torch.Tensor]) -> None:
    """The server dies right after it queued the run; the next one to look starts it, once."""
    code = (
        "import os, signal; from core.runs import launch, queue\n"
        "launch.start = lambda run, gpu: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"queue.submit({SPEC.to_dict()!r})"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False)
    assert done.returncode == -signal.SIGKILL
    [run] = queue.tickets()
    assert standing(run).state == "queued"
    for _ in range(3):
        queue.advance()
    deadline = time.monotonic() + 200
    while not standing(run).over and time.monotonic() < deadline:
        time.sleep(0.2)
    assert standing(run).state == "done", standing(run)
    last = run.last_checkpoint()
    assert last is not None
    assert same(whole, read_checkpoint(last).tensors)


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
        data = bytearray(whole)
        if chance.random() < 0.5:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        else:
            data = data[: chance.randrange(len(data))]
        file.write_bytes(data)
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
        before = {name: os.environ.get(name) for name in ("UNROLLED_RUNS", "UNROLLED_SLOTS")}
        os.environ |= {"UNROLLED_RUNS": str(Path(folder) / "runs"), "UNROLLED_SLOTS": "1"}
        try:
            return _check_all(kills, tries, chance)
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name)
                else:
                    os.environ[name] = value


def _check_all(kills: int, tries: int, chance: random.Random) -> dict[str, Any]:
    whole_run = new_run("gpt-whole")
    seconds, whole = end(whole_run)
    said: dict[str, Any] = {"an uninterrupted run": f"{seconds:.1f} s"}
    print(said, flush=True)
    first, last = whole_run.path / "attention" / "step-00000001.npy", whole_run.path / "status.json"
    trained = last.stat().st_mtime - first.stat().st_mtime
    for number in range(kills):
        training = number % 2 == 0  # getting ready takes most of so short a run: half come after it
        wait = chance.uniform(0.02, 1.05) * (trained if training else seconds)
        moment = f"killed {wait:.2f} s after its {'first record' if training else 'start'}"
        said[moment] = killed_and_resumed(f"gpt-kill-{number}", wait, whole, training=training)
        print(f"{moment}: {said[moment]}", flush=True)
    for number, (moment, die_at) in enumerate(WORST.items()):
        worst_moment(f"gpt-worst-{number}", die_at, whole)
        print(f"killed {moment}: came back", flush=True)
    while_queued(whole)
    print("killed while queued: came back, started once", flush=True)
    for path in queue.runs_folder().glob("gpt-*"):
        if path.name != "gpt-whole":
            shutil.rmtree(path)
    said["damages"] = damages(tries, chance, whole_run)
    print(f"{tries} damages, all named:", said["damages"], flush=True)
    return said


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
