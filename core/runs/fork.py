"""Extend a run by more epochs, or fork it: a new run that starts from its weights."""

import shutil
from dataclasses import replace
from typing import Any

from core.config.run_spec import RunSpec
from core.run_files.directory import RunDirectory, new_run_id, replace_json, runs_folder
from core.run_files.version import code_version
from core.runs import queue
from core.runs.status import run_status


def extend(run: RunDirectory, epochs: int) -> None:
    """Queue a run to continue to `epochs` epochs in all, with its optimiser and step.

    The schedule is stretched to the new length from here on; spec.json records the old length.
    Errors: ValueError when the run is queued, running or damaged, or already has as many epochs.
    """
    now = run_status(run)
    if not now.is_over or now.state == "damaged":
        raise ValueError(
            f"The run {run.path.name} is {now.state}; only a stopped run can be extended."
        )
    about = run.spec()
    spec = RunSpec.from_dict(about)
    before = spec.recipe_config().epochs
    if epochs <= before:
        raise ValueError(f"The run already has {before} epochs; choose more than {epochs}.")
    longer = replace(spec, recipe={**spec.recipe, "epochs": epochs})
    history = [*about.get("lengthened", []), {"from": before, "step": now.status.get("step", 0)}]
    replace_json(run.path / "spec.json", {**about, **longer.to_dict(), "lengthened": history})
    run.set_status("paused", f"To be continued to epoch {epochs}.")
    queue.enqueue(run)


def fork(run: RunDirectory, checkpoint: str, recipe: dict[str, Any], **more: Any) -> RunDirectory:
    """Queue a new run that starts from the weights of `checkpoint` with another recipe.

    recipe: the fields to change. more: fields of RunSpec to change (data, seed, ...); the model
    stays the same. The weights are copied, so the new run does not need the old one.
    Errors: ValueError when there is no such checkpoint or a setting is invalid, MissingDataError
    when the data is missing.
    """
    if checkpoint not in run.checkpoint_names():
        raise ValueError(f"The run {run.path.name} has no checkpoint {checkpoint[:80]!r}.")
    spec = RunSpec.from_dict(run.spec())
    spec = replace(spec, recipe={**spec.recipe, **recipe}, **more)
    queue.require_data(spec)
    path = runs_folder() / new_run_id(spec.kind, spec.data)
    (path / "start").mkdir(parents=True)
    for suffix in (".safetensors", ".json"):
        source = (run.checkpoints / checkpoint).with_suffix(suffix)
        shutil.copyfile(source, path / "start" / f"weights{suffix}")
    origin = {"run": run.path.name, "checkpoint": checkpoint}
    about = {**spec.to_dict(), "code": code_version(), "forked_from": origin}
    new = RunDirectory.create(path, about)
    queue.enqueue(new)
    return new
