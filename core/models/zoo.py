"""The available models: those shipped in assets/ and every run that has a checkpoint.

Both are run directories (core/run_files/directory.py). Listing them reads a few small JSON files
and imports no torch; loading one verifies its checksum.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.config.run_spec import KINDS
from core.models.identity import identity_of
from core.run_files import schema
from core.run_files.directory import RUN_ID, RunDirectory, read_json, runs_folder
from core.run_files.pooling import architecture_of
from core.system import folders

if TYPE_CHECKING:
    from core.models.checkpoint import Checkpoint
    from core.tokenizer import WordTokenizer

ASSETS = folders.ASSETS
SECOND_SEED = "second_seed.json"  # beside a shipped model: the last epoch of a second training


@dataclass(frozen=True)
class ModelEntry:
    """A model that can be loaded.

    name          of its folder: a shipped model's name or a run's id
    kind          "vit", "cnn" or "gpt"
    data          the name of the data it was trained on
    weights       path of its newest checkpoint, without suffix
    digest        SHA-256 of those weights, as the checkpoint states it; links name it
    identity      SHA-256 of everything that determines its output: the key of caches
    shipped       true for a model in assets/
    held_out      its last held-out measures, empty before the first epoch
    real          true for a model that was not trained here: GPT-2, a Llama, a ViT from files
    """

    name: str
    kind: str
    architecture: str
    data: str
    path: Path
    weights: Path
    digest: str
    identity: str
    shipped: bool
    held_out: dict[str, float]
    real: bool = False

    @property
    def label(self) -> str:
        """One line for a list of models: name, and how good it is."""
        if "accuracy" in self.held_out:
            return f"{self.name} ({self.held_out['accuracy']:.1%} right on held-out images)"
        if "perplexity" in self.held_out:
            return f"{self.name} (perplexity {self.held_out['perplexity']:.1f})"
        return self.name


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model in eval mode, fp32, with what is needed to feed it and to read it.

    Shared by everyone who asked for it: never change it. model and config are of the classes that
    the architecture names; extra holds classes, mean and std for images; tokenizer is that of a
    model of text (words, or subwords of a real model), None for images.
    """

    entry: ModelEntry
    model: Any
    config: Any
    extra: dict[str, Any]
    tokenizer: Any


def available_models(kind: str | None = None) -> list[ModelEntry]:
    """Every available model: shipped ones, then runs, newest first; damaged ones are left out."""
    shipped = [_entry(path, shipped=True) for path in sorted(_specs(ASSETS))]
    runs = sorted(_specs(runs_folder()), key=_changed, reverse=True)
    entries = [entry for entry in (*shipped, *(_entry(p, shipped=False) for p in runs)) if entry]
    return [entry for entry in entries if kind is None or entry.kind == kind]


def _specs(folder: Path) -> list[Path]:
    """The spec.json of every run directory in a folder."""
    names = filter(RUN_ID.fullmatch, os.listdir(folder)) if folder.is_dir() else ()
    return [path for name in names if (path := folder / name / "spec.json").is_file()]


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # it was deleted in the meantime
        return 0.0


def find_model(name: str) -> ModelEntry:
    """The model of that name. Errors: ValueError when there is none; paths are not accepted."""
    if RUN_ID.fullmatch(name):
        for folder, shipped in ((ASSETS, True), (runs_folder(), False)):
            entry = _entry(folder / name / "spec.json", shipped)
            if entry:
                return entry
    raise ValueError(f"There is no model {name[:80]!r}; choose one of the available models.")


def entry_of(folder: Path) -> ModelEntry:
    """The model in any run directory. Errors: ValueError when it has no usable checkpoint."""
    entry = _entry(folder / "spec.json", shipped=False)
    if entry is None:
        raise ValueError(f"{folder} is no run directory with a checkpoint.")
    return entry


def at_checkpoint(entry: ModelEntry, weights: Path) -> ModelEntry:
    """The same run at another of its checkpoints, `weights` without suffix.

    Errors: ValueError or OSError when the JSON beside it does not describe a checkpoint.
    """
    about = schema.read(weights.with_suffix(".json"), schema.Weights)
    known_as = identity_of(entry.path, weights, entry.kind, entry.data)
    return replace(entry, weights=weights, digest=about["sha256"], identity=known_as)


def second_accuracy(entry: ModelEntry) -> float | None:
    """The held-out accuracy of the same training with another seed; None if not known."""
    path = entry.path / SECOND_SEED
    if not entry.shipped or not path.exists():
        return None
    return float(read_json(path)["held_out"]["accuracy"])


def load_model(entry: ModelEntry) -> LoadedModel:
    """Read, verify and build the model. Errors: ValueError, one sentence."""
    from core.models.checkpoint import model_from, read_checkpoint

    checkpoint = read_checkpoint(entry.weights)
    model = model_from(checkpoint)
    tokenizer = read_meaning(entry.path, entry.kind, checkpoint)
    return LoadedModel(entry, model, checkpoint.config, checkpoint.extra, tokenizer)


def read_meaning(run: Path, kind: str, checkpoint: Checkpoint) -> WordTokenizer | None:
    """The words of a GPT, None for a model of images, whose classes and scales are checked.

    Errors: ValueError, one sentence, when they are missing or those of another model.
    """
    from core.models.checkpoint import require_pictures
    from core.tokenizer import WordTokenizer

    if kind != "gpt":
        require_pictures(checkpoint)
        return None
    path = run / "vocab.json"
    tokenizer = WordTokenizer.load(path)
    words, size = len(tokenizer), checkpoint.config.vocab_size  # type: ignore[union-attr]
    if words != size:
        raise ValueError(f"{schema.label(path)} has {words:,} words, but its model {size:,}.")
    return tokenizer


def _entry(spec_path: Path, shipped: bool) -> ModelEntry | None:
    run = RunDirectory(spec_path.parent)
    try:
        weights = _newest(run, run.checkpoints.stat().st_mtime_ns)
        if weights is None:
            return None
        files = [path.stat() for path in (spec_path, weights.with_suffix(".json"))]
        vocab = run.path / "vocab.json"
        files += [vocab.stat()] if vocab.exists() else []
    except OSError:
        return None
    changed = tuple((about.st_mtime_ns, about.st_size) for about in files)
    entry = _entry_as_of(changed, run, weights, shipped)
    epoch = run.last_records().get("epoch", {})
    return entry and replace(entry, held_out=dict(epoch.get("held_out", {})))


# Every change of a control lists the models. These two are cached until what they read changes:
# the folder (its time in ns), the files (time and size).
@lru_cache(maxsize=256)
def _newest(run: RunDirectory, changed: int) -> Path | None:
    return run.last_checkpoint()


@lru_cache(maxsize=256)
def _entry_as_of(
    changed: tuple[tuple[int, int], ...], run: RunDirectory, weights: Path, shipped: bool
) -> ModelEntry | None:
    """Without its measures."""
    try:
        spec = run.spec()
        about = schema.read(weights.with_suffix(".json"), schema.Weights)
        data = re.sub(r".*/", "", spec.get("data", ""))
        known_as = identity_of(run.path, weights, spec["kind"], data)
    except (ValueError, OSError):
        return None
    if about["architecture"] not in KINDS.get(spec["kind"], ()):
        return None
    return ModelEntry(
        name=run.path.name,
        kind=spec["kind"],
        architecture=architecture_of(about["architecture"], weights),
        data=data,
        path=run.path,
        weights=weights,
        digest=about["sha256"],
        identity=known_as,
        shipped=shipped,
        held_out={},
    )
