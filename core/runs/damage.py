"""Finds damaged files of a run without loading torch."""

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


def find_damage(run: RunDirectory, thorough: bool = False, history: bool = True) -> list[str]:
    """What is wrong with the files of a run except spec.json and status.json, one sentence each.

    thorough: also read the weights and all attention maps. history: read all of metrics.jsonl,
    which makes no sense while the run writes it.
    """
    sentences = manifest.check(run, thorough)
    reported = " ".join(sentences)
    for name, kind in JSON.items():
        if (run.path / name).exists() and name not in reported:
            sentences += _errors(schema.read, run.path / name, kind)
    for name in run.checkpoint_names():
        if f"{name}.json" not in reported:
            sentences += _errors(_weights, run, name)
    if history and "metrics.jsonl" not in reported and (error := run.history_error()):
        sentences.append(error)
    if thorough and (run.path / "attention").exists():
        sentences += _errors(_snapshots, run)
    return sentences


def _errors(check: Callable[..., object], *of: Any) -> list[str]:
    try:
        check(*of)
    except ValueError as error:
        return [str(error)]
    return []


def _weights(run: RunDirectory, name: str) -> None:
    """Errors: ValueError when the checkpoint is of another kind of model than the run."""
    about = schema.read(run.checkpoints / f"{name}.json", schema.Weights)
    kind = run.spec()["kind"]
    if about["architecture"] not in KINDS.get(kind, ()):
        architecture = str(about["architecture"])[:40]
        raise ValueError(
            f"checkpoints/{name}.json describes a {architecture!r}, which is not a {kind}."
        )


def _snapshots(run: RunDirectory) -> None:
    shown = attention_snapshots.example(run.path)
    for path in attention_snapshots.steps(run.path).values():
        attention_snapshots.maps(path, shown)
