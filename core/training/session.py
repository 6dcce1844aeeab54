"""One training process: it drives `train()` and writes everything down in the run's directory."""

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

import torch

from core.config.recipe import Recipe
from core.config.run_spec import RunSpec
from core.models.checkpoint import (
    Checkpoint,
    CheckpointError,
    model_tensors,
    read_checkpoint,
    write_checkpoint,
)
from core.run_files.directory import RunDirectory, epoch_of, replace_json
from core.runs import control
from core.system.atomic_write import write_bytes
from core.system.device import pick_device, use_threads
from core.training import errors
from core.training.allocator import TRIM_EVERY, give_back
from core.training.attention_snapshots import fixed_example, keep_frame, worth_a_frame
from core.training.distributed import ALONE, Team
from core.training.loop import TrainState, start, train
from core.training.precision import faster_precision
from core.training.prepare import Prepared, prepare
from core.training.records import EpochRecord, Record
from core.training.resume import restore, state_tensors

RECORD_STEPS, RECORD_SECONDS = 10, 1.0  # a step is written down when either has passed
WORTH = 50  # an epoch ends with a checkpoint if writing takes under 1/50 of the time since


def run_session(run: RunDirectory, team: Team = ALONE) -> Iterator[Record]:
    """Train the run in this directory to its end, from its last good checkpoint if it has one.

    Yields every record; the written ones are also in metrics.jsonl. The final status is there
    before the last record is handed out, or before an exception leaves: done, failed, or, when
    asked through control/, paused or cancelled. In a team the leader does all this, and the
    others (`follow_session`) compute with it.
    """
    recipe: Recipe | None = None
    _hold_reserve(run)
    try:
        spec = RunSpec.from_dict(run.spec())
        recipe = spec.recipe_config()
        use_threads(spec.threads)
        spec = settle(run, spec)
        recipe = spec.recipe_config()
        run.set_status("running", "Preparing the data.")
        prepared = prepare(spec, pick_device(spec.device))
        _same_data(run, prepared)
        team.tell("settled")
        state = start(prepared.model, recipe, prepared.vocab)
        if prepared.vocab:
            vocab = json.dumps(prepared.vocab, ensure_ascii=False).encode()
            write_bytes(run.path / "vocab.json", vocab)
        note = _take_up(run, state) + prepared.note
        team.tell("taken up")
        yield from _record(run, spec, prepared, state, recipe, note, team)
    except (KeyboardInterrupt, GeneratorExit):
        kept = (
            "the last checkpoint is kept" if run.last_checkpoint() else "there is no checkpoint yet"
        )
        run.set_status("cancelled", f"Stopped before the end; {kept}.")
        raise
    except Exception as error:
        _release_reserve(run)
        with suppress(OSError):
            run.set_status("failed", errors.sentence(error, recipe.batch_size if recipe else None))
        raise


def _record(
    run: RunDirectory,
    spec: RunSpec,
    prepared: Prepared,
    state: TrainState,
    recipe: Recipe,
    note: str,
    team: Team,
) -> Iterator[Record]:
    def say(status: str, message: str = note) -> None:
        run.set_status(status, message, checksum=prepared.checksum, step=state.step)

    say("running")
    saved = written = time.monotonic()
    cost = 0.0
    example = fixed_example(prepared)
    for record in train(state, prepared.task, recipe, spec.seed, record_every=1, team=team):
        if state.step % TRIM_EVERY == 0:
            give_back()
        now = time.monotonic()
        is_epoch = isinstance(record, EpochRecord)
        if is_epoch or _worth_writing(record, now - written):
            run.append({"kind": "epoch" if is_epoch else "step", **asdict(record)})
            written = now
        if example is not None and worth_a_frame(record, recipe.epochs):
            keep_frame(run, state.evaluated, example, state.step)
        over = is_epoch and state.epoch == recipe.epochs
        wish = team.tell(None if over else control.asked(run))
        early = is_epoch and _stays(state.epoch)
        due = now - saved > spec.checkpoint_every
        if over or wish or early or due or (is_epoch and now - saved > WORTH * cost):
            save_state(run, prepared, state, is_epoch)
            saved = time.monotonic()
            cost = saved - now
            if not wish:
                say("done" if over else "running")
        if wish:
            control.forget(run)
            when = f"at step {state.step:,}; a checkpoint is kept."
            if wish == "pause":
                say("paused", f"Paused {when}")
            else:
                say("cancelled", f"Stopped {when}")
            return
        yield record


def follow_session(run: RunDirectory, team: Team) -> None:
    """What every process of a team but the leader does: the same steps, and nothing on disk."""
    team.tell(None)
    spec = RunSpec.from_dict(run.spec())
    use_threads(spec.threads)
    prepared, recipe = prepare(spec, pick_device(spec.device)), spec.recipe_config()
    state = start(prepared.model, recipe, prepared.vocab)
    team.tell(None)
    last = run.last_checkpoint()
    if last is not None:
        restore(state, read_checkpoint(last))
    elif (run.path / "start" / "weights.json").exists():
        begin_from(state, read_checkpoint(run.path / "start" / "weights"))
    for _ in train(state, prepared.task, recipe, spec.seed, record_every=1, team=team):
        if team.tell(None):
            return


def _worth_writing(record: Record, seconds: float) -> bool:
    """The first ten steps, every tenth, and at least one a second."""
    step = record.step
    return step <= RECORD_STEPS or step % RECORD_STEPS == 0 or seconds > RECORD_SECONDS


def settle(run: RunDirectory, spec: RunSpec) -> RunSpec:
    """Replace what "auto" leaves to this machine, precision and threads, for good in spec.json."""
    settled = spec
    if not spec.threads:
        settled = replace(settled, threads=torch.get_num_threads())
    if spec.recipe_config().precision == "auto":
        chosen = faster_precision(pick_device(spec.device))
        settled = replace(settled, recipe={**spec.recipe, "precision": chosen})
    if settled != spec:
        replace_json(run.path / "spec.json", {**run.spec(), **settled.to_dict()})
    return settled


def _same_data(run: RunDirectory, prepared: Prepared) -> None:
    """Write the checksum of the data down, or hold the data to the one that is there."""
    spec = run.spec()
    if spec.setdefault("data_checksum", prepared.checksum) != prepared.checksum:
        raise ValueError(
            f"The data {spec['data']} has changed since this run began (checksum "
            f"{prepared.checksum[:12]}, not {spec['data_checksum'][:12]}); start a new run."
        )
    replace_json(run.path / "spec.json", spec)


def _take_up(run: RunDirectory, state: TrainState) -> str:
    """Go on from the newest checkpoint that is whole; returns what must be said about it."""
    for torn in run.checkpoints.glob(".*"):  # what a process was writing when it was ended
        torn.unlink(missing_ok=True)
    damaged = []
    for name in reversed(run.checkpoint_names()):
        path = run.checkpoints / name
        try:
            restore(state, read_checkpoint(path))
            break
        except CheckpointError as error:
            damaged.append(str(error))
            for suffix in (".json", ".safetensors"):
                path.with_suffix(suffix).rename(path.with_suffix(f"{suffix}.damaged"))
    else:
        if (run.path / "start" / "weights.json").exists():
            begin_from(state, read_checkpoint(run.path / "start" / "weights"))
    _forget_after(run, state)
    if not damaged:
        return ""
    went_on = f"from step {state.step:,}" if state.step else "from the beginning"
    return f"Went on {went_on}, because {' '.join(damaged)} "


@torch.no_grad()
def begin_from(state: TrainState, checkpoint: Checkpoint) -> None:
    """A fork: the weights are the checkpoint's, everything else is new.

    Errors: CheckpointError when they are the weights of another model.
    """
    for model in filter(None, (state.model, state.average)):
        for name, tensor in model_tensors(model).items():
            found = checkpoint.tensors.get(f"model.{name}")
            if found is None or found.shape != tensor.shape:
                raise CheckpointError(
                    f"The weights to begin from do not fit: {name} should have the shape "
                    f"{tuple(tensor.shape)}; fork without changing the sizes of the model."
                )
            tensor.copy_(found)


def save_state(run: RunDirectory, prepared: Prepared, state: TrainState, is_epoch: bool) -> None:
    """Write a checkpoint of this step, then drop older ones.

    The newest two stay, and those of the epochs 1, 2, 4, 8 …: they show how the model came to be.
    One at the end of an epoch has a name of its own, so that no checkpoint ever overwrites another.
    """
    run.sync_metrics()
    tensors, progress = state_tensors(state)
    architecture = run.spec()["architecture"]
    extra = {**prepared.extra, "progress": progress, "checksum": prepared.checksum}
    name = f"step-{state.step:08d}" + (f"-epoch-{state.epoch:04d}" if is_epoch else "")
    write_checkpoint(run.checkpoints / name, architecture, prepared.config, tensors, extra)
    for name in run.checkpoint_names()[:-2]:
        if _stays(epoch_of(name)):
            continue
        for suffix in (".json", ".safetensors"):
            (run.checkpoints / f"{name}{suffix}").unlink(missing_ok=True)


def _stays(epoch: int | None) -> bool:
    """Is it a power of two: 1, 2, 4, 8 …?"""
    return epoch is not None and epoch.bit_count() == 1


def _forget_after(run: RunDirectory, state: TrainState) -> None:
    """Drop records past the checkpoint that training goes on from: they will come again.

    A checkpoint may have been taken after the last step of an epoch and before the epoch was
    measured: then the record of that epoch has the same step, and still is past it.
    """
    kept = [
        json.dumps(record, ensure_ascii=False)
        for record in run.records()
        if record["step"] <= state.step and _finished(record) <= state.epoch
    ]
    write_bytes(run.path / "metrics.jsonl", "".join(f"{line}\n" for line in kept).encode())


def _finished(record: dict[str, Any]) -> int:
    """The number of the epoch whose end this records, 0 for any other record."""
    return int(record["epoch"]) if record["kind"] == "epoch" else 0


def _hold_reserve(run: RunDirectory) -> None:
    """Some room on the disk, given back when the disk is full so that this can be written down."""
    with suppress(OSError):
        (run.path / ".reserve").write_bytes(b"\0" * 16_384)


def _release_reserve(run: RunDirectory) -> None:
    with suppress(OSError):
        (run.path / ".reserve").unlink(missing_ok=True)
