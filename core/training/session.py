"""One training process: drives `train()`, writes records and checkpoints, drops the oldest."""

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
from core.training import attention_snapshots, errors
from core.training.allocator import TRIM_EVERY, trim_heap
from core.training.distributed import broadcast
from core.training.loop import TrainState, start, train
from core.training.precision import faster_precision
from core.training.prepare import Prepared, prepare
from core.training.records import EpochRecord, Record, StartRecord
from core.training.resume import restore, state_tensors

RECORD_STEPS, RECORD_SECONDS = 10, 1.0  # a step is recorded when either has passed
CHECKPOINT_INTERVAL = 50  # an epoch ends with a checkpoint if that takes under 1/50 of the time


def run_session(run: RunDirectory) -> Iterator[Record]:
    """Train the run in this directory to its end, from its newest valid checkpoint if it has one.

    Yields every record; the written ones are also in metrics.jsonl. The final status is written
    before the last record is yielded or an exception is raised: done, failed, or, when requested
    through control/, paused or cancelled. With several processes this is the main one; the others
    run `follow_session`.
    """
    recipe: Recipe | None = None
    _hold_reserve(run)
    try:
        spec = RunSpec.from_dict(run.spec())
        recipe = spec.recipe_config()
        use_threads(spec.threads)
        spec = resolve_auto(run, spec)
        recipe = spec.recipe_config()
        run.set_status("running", "Preparing the data.")
        prepared = prepare(spec, pick_device(spec.device))
        _check_data(run, prepared)
        broadcast("the specification is complete")
        state = start(prepared.model, recipe, prepared.vocab)
        if prepared.vocab:
            vocab = json.dumps(prepared.vocab, ensure_ascii=False).encode()
            write_bytes(run.path / "vocab.json", vocab)
        note = resume_latest(run, state) + prepared.note
        broadcast("the checkpoint is chosen")
        yield from _train_and_record(run, spec, prepared, state, note)
    except (KeyboardInterrupt, GeneratorExit):
        resumable = (
            "the last checkpoint is kept" if run.last_checkpoint() else "there is no checkpoint yet"
        )
        run.set_status("cancelled", f"Stopped before the end; {resumable}.")
        raise
    except Exception as error:
        _release_reserve(run)
        with suppress(OSError):
            run.set_status("failed", errors.sentence(error, recipe.batch_size if recipe else None))
        raise


def _train_and_record(
    run: RunDirectory, spec: RunSpec, prepared: Prepared, state: TrainState, note: str
) -> Iterator[Record]:
    def set_status(status: str, message: str = note) -> None:
        run.set_status(status, message, checksum=prepared.checksum, step=state.step)

    set_status("running")
    recipe = spec.recipe_config()
    last_save = last_record = time.monotonic()
    save_seconds = 0.0
    example = attention_snapshots.fixed_example(prepared)
    if not state.step:
        _record_start(run, prepared, state, example)
    for record in train(state, prepared.task, recipe, spec.seed, record_every=1):
        if state.step % TRIM_EVERY == 0:
            trim_heap()
        now = time.monotonic()
        is_epoch = isinstance(record, EpochRecord)
        if is_epoch or _is_recorded(record, now - last_record):
            run.append({"kind": "epoch" if is_epoch else "step", **asdict(record)})
            last_record = now
        if example is not None and attention_snapshots.is_due(record, recipe.epochs):
            attention_snapshots.save_snapshot(run, state.evaluated, example, state.step)
        is_last = is_epoch and state.epoch == recipe.epochs
        request = broadcast(None if is_last else control.requested(run))
        milestone = is_epoch and is_milestone(state.epoch)
        since_save = now - last_save
        due = since_save > spec.checkpoint_every
        due = due or (is_epoch and since_save > CHECKPOINT_INTERVAL * save_seconds)
        if is_last or request or milestone or due:
            save_state(run, prepared, state, is_epoch)
            last_save = time.monotonic()
            save_seconds = last_save - now
            if not request:
                set_status("done" if is_last else "running")
        if request:
            control.clear(run)
            when = f"at step {state.step:,}; a checkpoint is kept."
            if request == "pause":
                set_status("paused", f"Paused {when}")
            else:
                set_status("cancelled", f"Stopped {when}")
            return
        yield record


def _record_start(
    run: RunDirectory,
    prepared: Prepared,
    state: TrainState,
    example: attention_snapshots.Example | None,
) -> None:
    """Record what the untrained model says and attends to."""
    with torch.inference_mode():
        text = prepared.task.sample(state.evaluated.eval(), 0)
    run.append({"kind": "start", **asdict(StartRecord(0, 0, text))})
    if example is not None:
        attention_snapshots.save_snapshot(run, state.evaluated, example, 0)


def follow_session(run: RunDirectory) -> None:
    """What every process but the main one does: the same steps, and nothing on disk."""
    broadcast(None)
    spec = RunSpec.from_dict(run.spec())
    use_threads(spec.threads)
    prepared, recipe = prepare(spec, pick_device(spec.device)), spec.recipe_config()
    state = start(prepared.model, recipe, prepared.vocab)
    broadcast(None)
    last = run.last_checkpoint()
    if last is not None:
        restore(state, read_checkpoint(last))
    elif (run.path / "start" / "weights.json").exists():
        load_initial_weights(state, read_checkpoint(run.path / "start" / "weights"))
    for _ in train(state, prepared.task, recipe, spec.seed, record_every=1):
        if broadcast(None):
            return


def _is_recorded(record: Record, seconds: float) -> bool:
    """The first ten steps, every tenth, and at least one a second."""
    step = record.step
    return step <= RECORD_STEPS or step % RECORD_STEPS == 0 or seconds > RECORD_SECONDS


def resolve_auto(run: RunDirectory, spec: RunSpec) -> RunSpec:
    """Replace "auto" precision and 0 threads by this machine's values, for good, in spec.json."""
    resolved = spec
    if not spec.threads:
        resolved = replace(resolved, threads=torch.get_num_threads())
    if spec.recipe_config().precision == "auto":
        precision = faster_precision(pick_device(spec.device))
        resolved = replace(resolved, recipe={**spec.recipe, "precision": precision})
    if resolved != spec:
        replace_json(run.path / "spec.json", {**run.spec(), **resolved.to_dict()})
    return resolved


def _check_data(run: RunDirectory, prepared: Prepared) -> None:
    """Store the checksum of the data, or compare it with the stored one. Errors: ValueError."""
    spec = run.spec()
    if spec.setdefault("data_checksum", prepared.checksum) != prepared.checksum:
        raise ValueError(
            f"The data {spec['data']} has changed since this run began (checksum "
            f"{prepared.checksum[:12]}, not {spec['data_checksum'][:12]}); start a new run."
        )
    replace_json(run.path / "spec.json", spec)


def resume_latest(run: RunDirectory, state: TrainState) -> str:
    """Restore the newest valid checkpoint, if there is one; returns a warning, or "".

    Damaged checkpoints are renamed and named in the warning. Without a valid one, a fork starts
    from its copied weights.
    """
    for partial in run.checkpoints.glob(".*"):  # left by a process that was killed while writing
        partial.unlink(missing_ok=True)
    damaged = []
    for name in reversed(run.checkpoint_names()):
        path = run.checkpoints / name
        try:
            restore(state, read_checkpoint(path))
            break
        except CheckpointError as error:
            damaged.append(str(error))
            for suffix in (".json", ".safetensors"):
                path.with_suffix(suffix).replace(path.with_suffix(f"{suffix}.damaged"))
    else:
        if (run.path / "start" / "weights.json").exists():
            load_initial_weights(state, read_checkpoint(run.path / "start" / "weights"))
    _drop_later_records(run, state)
    if not damaged:
        return ""
    resumed = f"Resumed from step {state.step:,}" if state.step else "Started again"
    return f"{resumed}, because {' '.join(damaged)} "


@torch.no_grad()
def load_initial_weights(state: TrainState, checkpoint: Checkpoint) -> None:
    """Start a fork: the weights are the checkpoint's, the optimiser and all else are new.

    Errors: CheckpointError when they are the weights of another model.
    """
    for model in filter(None, (state.model, state.ema)):
        for name, tensor in model_tensors(model).items():
            weight = checkpoint.tensors.get(f"model.{name}")
            if weight is None or weight.shape != tensor.shape:
                raise CheckpointError(
                    f"The initial weights do not fit: {name} should have the shape "
                    f"{tuple(tensor.shape)}; fork without changing the sizes of the model."
                )
            tensor.copy_(weight)


def save_state(run: RunDirectory, prepared: Prepared, state: TrainState, is_epoch: bool) -> None:
    """Write a checkpoint of this step, then delete older ones.

    The newest two stay, and those after the epochs 1, 2, 4, 8 …, which show how the model
    developed. A checkpoint at the end of an epoch has its own name, so that no checkpoint ever
    overwrites another.
    """
    run.sync_metrics()
    tensors, progress = state_tensors(state)
    architecture = run.spec()["architecture"]
    extra = {**prepared.extra, "progress": progress, "checksum": prepared.checksum}
    name = f"step-{state.step:08d}" + (f"-epoch-{state.epoch:04d}" if is_epoch else "")
    write_checkpoint(run.checkpoints / name, architecture, prepared.config, tensors, extra)
    for name in run.checkpoint_names()[:-2]:
        if is_milestone(epoch_of(name)):
            continue
        for suffix in (".json", ".safetensors"):
            (run.checkpoints / f"{name}{suffix}").unlink(missing_ok=True)


def is_milestone(epoch: int | None) -> bool:
    """Whether this is epoch 1, 2, 4, 8 …, a power of two."""
    return epoch is not None and epoch.bit_count() == 1


def _drop_later_records(run: RunDirectory, state: TrainState) -> None:
    """Drop the records after the restored checkpoint: training will write them again.

    Without a checkpoint these are all of them.

    A checkpoint may have been taken after the last step of an epoch but before the epoch was
    measured: then the record of that epoch has the same step and still comes later.
    """
    earlier = [
        json.dumps(record, ensure_ascii=False)
        for record in run.records()
        if state.step and record["step"] <= state.step and _epoch_ended(record) <= state.epoch
    ]
    lines = "".join(f"{line}\n" for line in earlier)
    write_bytes(run.path / "metrics.jsonl", lines.encode())


def _epoch_ended(record: dict[str, Any]) -> int:
    """The number of the epoch whose end this records, 0 for any other record."""
    return int(record["epoch"]) if record["kind"] == "epoch" else 0


def _hold_reserve(run: RunDirectory) -> None:
    """Reserve some disk space; a full disk gets it back, so that the failure can be recorded."""
    with suppress(OSError):
        (run.path / ".reserve").write_bytes(b"\0" * 16_384)


def _release_reserve(run: RunDirectory) -> None:
    with suppress(OSError):
        (run.path / ".reserve").unlink(missing_ok=True)
