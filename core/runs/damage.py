"""What is wrong with the files of a run, told without loading torch."""

from collections.abc import Callable
from typing import Any

from core.config.run_spec import KINDS
from core.run_files import attention_snapshots, manifest, schema
from core.run_files.directory import RunDirectory

JSON: dict[str, Any] = {
    "about.json": schema.About,
    "proc.json": schema.Process,
    "engine.json": schema.Engine,
    "vocab.json": schema.Vocabulary,
    "quality.json": schema.Quality,
}


def damage(run: RunDirectory, thorough: bool = False, history: bool = True) -> list[str]:
    """What is wrong with the files of a run beside spec.json and status.json, one sentence each.

    thorough: read the weights too, and every map of attention. history: read all of metrics.jsonl,
    which is of no use while a run writes it.
    """
    found = manifest.check(run, thorough)
    told = " ".join(found)
    for name, kind in JSON.items():
        if (run.path / name).exists() and name not in told:
            found += _said(schema.read, run.path / name, kind)
    for name in run.checkpoint_names():
        if f"{name}.json" not in told:
            found += _said(_weights, run, name)
    if history and "metrics.jsonl" not in told and (trouble := run.history_trouble()):
        found.append(trouble)
    if thorough and (run.path / "attention").exists():
        found += _said(_frames, run)
    return found


def _said(check: Callable[..., object], *of: Any) -> list[str]:
    try:
        check(*of)
    except ValueError as error:
        return [str(error)]
    return []


def _weights(run: RunDirectory, name: str) -> None:
    """Errors: ValueError when a checkpoint is of another model than the run."""
    about = schema.read(run.checkpoints / f"{name}.json", schema.Weights)
    kind = run.spec()["kind"]
    if about["architecture"] not in KINDS.get(kind, ()):
        said = str(about["architecture"])[:40]
        raise ValueError(f"checkpoints/{name}.json describes a {said!r}, which is no {kind}.")


def _frames(run: RunDirectory) -> None:
    shown = attention_snapshots.example(run.path)
    for path in attention_snapshots.steps(run.path).values():
        attention_snapshots.maps(path, shown)
