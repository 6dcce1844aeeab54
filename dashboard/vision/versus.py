"""ViT against CNN: training budgets, histories of the runs, and cached measurements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from core.models import zoo
from core.run_files.directory import RunDirectory
from dashboard.models import pictures, vit_models

KINDS = {"vit": "Vision Transformer", "cnn": "CNN"}
SHARES = (0.01, 0.1, 1.0)
PICTURES = 200
SHIFTS = (0, 1, 2, 3, 4)
SIZES = (24, 28, 32, 40, 48, 56, 64)


@dataclass(frozen=True)
class Rival:
    """A model of pictures and its training. share: of the training set, 0 to 1; seen: images;
    epochs: their numbers; training and held_out: the accuracies after each."""

    entry: zoo.ModelEntry
    share: float
    seen: int
    epochs: list[int]
    training: list[float]
    held_out: list[float]

    @property
    def name(self) -> str:
        return self.entry.name


def rivals(data: str) -> list[Rival]:
    """All models of pictures trained on this data: the shipped ones first, largest share first."""
    members = [_rival(e) for e in zoo.available_models() if e.kind in KINDS and e.data == data]
    return sorted(members, key=lambda r: (not r.entry.shipped, -r.share))


def _rival(entry: zoo.ModelEntry) -> Rival:
    run = RunDirectory(entry.path)
    rows = [
        (r["epoch"], r["train"]["accuracy"], r["held_out"]["accuracy"], r.get("examples", 0))
        for r in run.epochs()
        if "accuracy" in r["train"] and "accuracy" in r["held_out"]
    ]
    epochs, training, held_out, seen = map(list, zip(*rows, strict=True)) if rows else ([],) * 4
    share = run.spec().get("share", 1.0)
    return Rival(entry, share, max(seen, default=0), epochs, training, held_out)


def damaged(members: list[Rival]) -> str:
    """Which models have a damaged history, and why; "" if none has."""
    histories = ((r.name, RunDirectory(r.entry.path).history_error()) for r in members)
    return " ".join(f"{name}: {trouble}" for name, trouble in histories if trouble)


def data_with_models() -> list[str]:
    """The data sets that have a model, those with a ViT and a CNN first."""
    entries = [e for e in zoo.available_models() if e.kind in KINDS]
    kinds = {e.data: {o.kind for o in entries if o.data == e.data} for e in entries}
    return sorted(kinds, key=lambda data: -len(kinds[data]))


def budget(members: list[Rival]) -> list[dict[str, object]]:
    """A row for each model: its training budget and its accuracies."""
    return [
        {
            "model": r.name, "architecture": r.entry.architecture,
            "parameters": _parameters(r.entry.identity, r.entry), "data": r.share,
            "images seen": r.seen, "training": r.training[-1], "held out": r.held_out[-1],
            "gap": r.training[-1] - r.held_out[-1],
        }
        for r in members if r.epochs
    ]  # fmt: skip


@st.cache_data(max_entries=200, show_spinner=False)
def _parameters(identity: str, _entry: zoo.ModelEntry) -> int | None:
    """Counted on the meta device, without memory; None if the checkpoint cannot be used."""
    import torch

    from core.models.checkpoint import CheckpointError, read_checkpoint, require_fit
    from core.models.registry import build, parameter_count

    try:
        checkpoint = read_checkpoint(_entry.weights)
        require_fit(checkpoint)
    except CheckpointError:
        return None
    with torch.device("meta"):
        return parameter_count(build(checkpoint.architecture, checkpoint.config))


def by_share(members: list[Rival]) -> dict[str, tuple[list[float], list[float]]]:
    """Architecture -> shares of the data in per cent, and the best held-out accuracy there."""
    best: dict[tuple[str, float], float] = {}
    for rival in members:
        if rival.epochs:
            key = (rival.entry.architecture, rival.share)
            best[key] = max(best.get(key, 0.0), rival.held_out[-1])
    lines: dict[str, tuple[list[float], list[float]]] = {}
    for (architecture, share), accuracy in sorted(best.items()):
        xs, ys = lines.setdefault(architecture, ([], []))
        xs.append(100 * share)
        ys.append(accuracy)
    return lines


def missing_shares(members: list[Rival]) -> str:
    """Which of the shares no ViT or no CNN was trained on, as a sentence; "" when all are there."""
    absent = []
    for kind, name in KINDS.items():
        shares = {round(r.share, 4) for r in members if r.entry.kind == kind and r.epochs}
        gone = [f"{100 * share:g}%" for share in SHARES if share not in shares]
        if gone:
            absent.append(f"no {name} trained on {', '.join(gone)} of the data")
    return f"There is {' and '.join(absent)} here yet; the Train page trains it." if absent else ""


def chance(lines: dict[str, Any]) -> str:
    """The sampling error of a single point, as a sentence: at most 2 standard errors."""
    worst = max(p * (1 - p) for _, values in lines.values() for p in values)
    return f"the sampling error of a point is at most ±{2 * (worst / PICTURES) ** 0.5:.1%}."


def under_shift(loaded: zoo.LoadedModel) -> list[float]:
    """Accuracy when the pictures move by SHIFTS pixels."""
    return _measured(loaded.entry.name, loaded.entry.identity, "shift", loaded)


def at_sizes(loaded: zoo.LoadedModel) -> list[float]:
    """Accuracy when the pictures are scaled to SIZES."""
    return _measured(loaded.entry.name, loaded.entry.identity, "size", loaded)


@st.cache_data(max_entries=24, show_spinner="Measuring …")
def _measured(name: str, identity: str, what: str, _loaded: zoo.LoadedModel) -> list[float]:
    import torch

    from core.interpret.robustness import accuracy, at_size, resized, shift_accuracy

    shown = pictures.pictures_for(_loaded)
    images = vit_models.to_input(_loaded, shown.images[:PICTURES])
    labels = torch.from_numpy(np.asarray(shown.labels[:PICTURES]))
    model: Any = _loaded.model
    if what == "shift":
        return shift_accuracy(model, images, labels, SHIFTS)
    accuracies = []
    for size in SIZES:
        fitted = model if _loaded.entry.kind == "cnn" else at_size(model, size)
        accuracies.append(accuracy(fitted, resized(images, size), labels))
    return accuracies
