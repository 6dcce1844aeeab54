"""More from a run: further epochs of the same, or a new run that begins from its weights."""

import shutil
from dataclasses import replace
from typing import Any

from core.config.run_spec import RunSpec
from core.run_files.directory import RunDirectory, new_run_id, replace_json, runs_folder
from core.run_files.version import code_version
from core.runs import queue
from core.runs.status import standing


def go_on_for(run: RunDirectory, epochs: int) -> None:
    """Let a run go on until it has `epochs` in all, optimiser and step included; queues it.

    The schedule is stretched to the new length from here on, and spec.json remembers the old one.
    Errors: ValueError when it is being worked on or when `epochs` is no more than it has.
    """
    now = standing(run)
    if not now.over or now.state == "damaged":
        raise ValueError(f"The run {run.path.name} is {now.state}; only one that is over goes on.")
    about = run.spec()
    spec = RunSpec.from_dict(about)
    had = spec.recipe_config().epochs
    if epochs <= had:
        raise ValueError(f"The run has {had} epochs already; ask for more than that, not {epochs}.")
    longer = replace(spec, recipe={**spec.recipe, "epochs": epochs})
    history = [*about.get("lengthened", []), {"from": had, "step": now.status.get("step", 0)}]
    replace_json(run.path / "spec.json", {**about, **longer.to_dict(), "lengthened": history})
    status = {k: v for k, v in now.status.items() if k in ("step", "checksum")}
    run.set_status("paused", f"To go on until epoch {epochs}.", **status)
    queue.enqueue(run)


def fork(run: RunDirectory, checkpoint: str, recipe: dict[str, Any], **more: Any) -> RunDirectory:
    """A new run that begins from the weights of `checkpoint` with another recipe; queues it.

    recipe: the fields to change. more: fields of RunSpec to change (data, seed, ...); the model
    stays as it is. The weights are copied, so the new run needs the old one no more.
    Errors: ValueError when there is no such checkpoint or a setting does not fit, MissingDataError
    when the data is not here.
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
