"""Runs and the dashboard at the same time, and the cost of recording a run.

The concurrent run is a real one, started by the queue with its low priority and thread budget; it
is stopped (SIGSTOP) for the idle measurement, so that both measurements have the same machine.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import psutil
import torch

from benchmarks.measure import Row, alternate, rate
from benchmarks.threads import threads
from core.config.presets import preset
from core.config.run_spec import RunSpec
from core.run_files.directory import RunDirectory
from core.runs import queue
from core.runs.launch import PROJECT, thread_budget
from core.runs.process import alive
from core.runs.status import process_of, run_status
from core.system.device import pick_device
from core.training.loop import start, train
from core.training.prepare import prepare
from core.training.session import run_session

VIEWERS = 30
LONG = {"epochs": 1000}
RERUNS = 30  # at a time: long enough for the run to write records meanwhile


@contextmanager
def own_folder() -> Iterator[Path]:
    """A runs folder of its own with one slot."""
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.dict(os.environ, {"UNROLLED_RUNS": folder, "UNROLLED_SLOTS": "1"}),
    ):
        yield Path(folder)


def demo(kind: str = "vit", threads: int | None = None, **recipe: object) -> RunSpec:
    spec = preset("demo", kind)
    return replace(spec, recipe={**spec.recipe, **recipe}, threads=threads or thread_budget())


@contextmanager
def training(spec: RunSpec) -> Iterator[tuple[RunDirectory, psutil.Process]]:
    """A run that trains while the block is measured."""
    with own_folder():
        run = queue.submit(spec.to_dict())
        wait_for(lambda: len(run.metrics()) > 5)
        process = psutil.Process((process_of(run) or {})["pid"])
        try:
            yield run, process
        finally:
            process.send_signal(signal.SIGCONT)
            end(run)


def end(run: RunDirectory) -> None:
    """Cancel it and wait until its process has ended."""
    with suppress(ValueError):
        queue.cancel(run)
    wait_for(lambda: queue.advance() or (run_status(run).is_over and not alive(process_of(run))))


def wait_for(ready: Callable[[], object], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"The run was not ready after {seconds:.0f} s.")
        time.sleep(0.02)


def stopped(process: psutil.Process, measure: Callable[[], float]) -> Callable[[], float]:
    """`measure` while that process is stopped."""

    def measured() -> float:
        process.send_signal(signal.SIGSTOP)
        try:
            time.sleep(0.2)
            return measure()
        finally:
            process.send_signal(signal.SIGCONT)
            time.sleep(0.2)

    return measured


def decoding_beside_a_run(repeats: int) -> Row:
    """Greedy tokens a second on one thread, as in the dashboard: during a run / idle."""
    from core.decoding.engine import DecodingEngine
    from core.decoding.strategies import Greedy, generate
    from core.models.zoo import find_model, load_model

    engine = DecodingEngine.of(load_model(find_model("gpt-grammar")).model)

    def greedy() -> float:
        chance = torch.Generator()
        return rate(lambda: len(list(generate(engine, [0], Greedy(), 150, chance))))

    with threads(1), training(demo(**LONG)) as (_, process):
        name, unit = "decoding-beside-a-run", "tokens/s"
        said = f"gpt-grammar; the run: demo ViT, {thread_budget()} thread(s); must be ≥ 0.6"
        return alternate(name, unit, stopped(process, greedy), greedy, repeats, said)


def page_beside_a_run(repeats: int) -> Row:
    """Seconds for a rerun of the Train page: during a run / idle."""
    from benchmarks.viewers import opened

    with training(demo(**LONG)) as (run, process):
        app = opened(run.path.name)

        def rerun() -> float:
            return 1 / rate(lambda: sum(1 for _ in range(RERUNS) if app.run()))

        said = f"Train page with its live curve, script only, {RERUNS} at a time; must be ≤ 1.5"
        name = "page-rerun-beside-a-run"
        return alternate(name, "s", stopped(process, rerun), rerun, repeats, said)


def run_beside_viewers(repeats: int) -> Row:
    """Steps a second of a run: with thirty viewers of its page / alone."""
    with training(demo(**LONG)) as (run, _):

        def steps() -> float:
            time.sleep(1.5)
            first = run.metrics()[-1]
            time.sleep(6)
            last = run.metrics()[-1]
            return float((last["step"] - first["step"]) / (last["seconds"] - first["seconds"]))

        def watched() -> float:
            command = [sys.executable, "-m", "benchmarks.viewers", run.path.name, str(VIEWERS)]
            viewers = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE)
            try:
                assert viewers.stdout is not None
                viewers.stdout.readline()  # all of them have opened the page
                return steps()
            finally:
                viewers.kill()
                viewers.wait()
                viewers.stdout.close()

        said = f"{VIEWERS} scripts of the Train page in one process, each once a second; ≥ 0.85"
        return alternate("run-beside-30-viewers", "steps/s", steps, watched, repeats, said)


def recording(repeats: int) -> Row:
    """Seconds per step: recorded as a run, with checkpoints / the loop alone."""
    spec = demo("gpt", threads=torch.get_num_threads(), epochs=2, precision="fp32")

    def bare() -> float:
        prepared = prepare(spec, pick_device())
        recipe = spec.recipe_config()
        state = start(prepared.model, recipe, prepared.vocab)
        return 1 / rate(lambda: sum(1 for _ in train(state, prepared.task, recipe, spec.seed, 1)))

    def written() -> float:
        with own_folder() as folder:
            records = run_session(RunDirectory.create(folder / "gpt-a", spec.to_dict()))
            next(records)
            return 1 / rate(lambda: sum(1 for _ in records))

    said = "demo GPT, 2 epochs: records, checkpoints, attention of the example; must be ≤ 1.02"
    return alternate("recording-a-run", "s/step", bare, written, repeats, said)


def first_point(repeats: int) -> Row:
    """Seconds from Start to the first point of the curve; reference: the limit of 5 s."""

    def wait() -> float:
        with own_folder():
            began = time.perf_counter()
            run = queue.submit(demo("gpt").to_dict())
            wait_for(run.metrics)
            seconds = time.perf_counter() - began
            end(run)
            return seconds

    said = "demo GPT, data prepared; reference: the limit of 5 s"
    return alternate("start-to-first-point", "s", lambda: 5.0, wait, repeats, said)


ROWS = {
    "decoding-beside-a-run": decoding_beside_a_run,
    "page-rerun-beside-a-run": page_beside_a_run,
    "run-beside-30-viewers": run_beside_viewers,
    "recording-a-run": recording,
    "start-to-first-point": first_point,
}
