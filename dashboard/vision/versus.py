"""ViT against CNN: what each was given, the histories of the runs, what is measured and kept."""

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
    """A model of pictures, and what it was given: share of the training part (0 to 1), epochs,
    images seen. epochs: their numbers; training and held_out: the accuracies after each."""

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
    """All models of pictures trained on this data: the shipped first, of them those with most."""
    found = [_rival(e) for e in zoo.available_models() if e.kind in KINDS and e.data == data]
    return sorted(found, key=lambda r: (not r.entry.shipped, -r.share))


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


def damaged(found: list[Rival]) -> str:
    """Which of them have a history that cannot be read whole, and why; "" when none has."""
    said = ((r.name, RunDirectory(r.entry.path).history_error()) for r in found)
    return " ".join(f"{name}: {trouble}" for name, trouble in said if trouble)


def data_at_hand() -> list[str]:
    """The data sets that have a model, those with a ViT and a CNN first."""
    entries = [e for e in zoo.available_models() if e.kind in KINDS]
    kinds = {e.data: {o.kind for o in entries if o.data == e.data} for e in entries}
    return sorted(kinds, key=lambda data: -len(kinds[data]))


def budget(found: list[Rival]) -> list[dict[str, object]]:
    """A row for each model: what it was given, and what came of it."""
    return [
        {
            "model": r.name, "architecture": r.entry.architecture,
            "parameters": _parameters(r.entry.identity, r.entry), "data": r.share,
            "images seen": r.seen, "training": r.training[-1], "held out": r.held_out[-1],
            "gap": r.training[-1] - r.held_out[-1],
        }
        for r in found if r.epochs
    ]  # fmt: skip


@st.cache_data(max_entries=200, show_spinner=False)
def _parameters(who: str, _entry: zoo.ModelEntry) -> int | None:
    """Counted in a model without memory or values; None when its checkpoint cannot be used."""
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


def by_share(found: list[Rival]) -> dict[str, tuple[list[float], list[float]]]:
    """Architecture -> shares of the data in per cent, and the best held-out accuracy there."""
    best: dict[tuple[str, float], float] = {}
    for rival in found:
        if rival.epochs:
            place = (rival.entry.architecture, rival.share)
            best[place] = max(best.get(place, 0.0), rival.held_out[-1])
    lines: dict[str, tuple[list[float], list[float]]] = {}
    for (architecture, share), accuracy in sorted(best.items()):
        xs, ys = lines.setdefault(architecture, ([], []))
        xs.append(100 * share)
        ys.append(accuracy)
    return lines


def missing_shares(found: list[Rival]) -> str:
    """Which of the shares no ViT or no CNN was trained on, as a sentence; "" when all are there."""
    absent = []
    for kind, name in KINDS.items():
        shares = {round(r.share, 4) for r in found if r.entry.kind == kind and r.epochs}
        gone = [f"{100 * share:g} %" for share in SHARES if share not in shares]
        if gone:
            absent.append(f"no {name} trained on {', '.join(gone)} of the data")
    return f"There is {' and '.join(absent)} here yet; the Train page trains it." if absent else ""


def chance(lines: dict[str, Any]) -> str:
    """How far a single point may be off, as a sentence: 2 standard errors of a share."""
    worst = max(p * (1 - p) for _, values in lines.values() for p in values)
    return f"chance alone moves a point by up to {2 * (worst / PICTURES) ** 0.5:.1%} either way."


def under_shift(loaded: zoo.LoadedModel) -> list[float]:
    """Accuracy when the pictures move by SHIFTS pixels."""
    return _measured(loaded.entry.name, loaded.entry.identity, "shift", loaded)


def at_sizes(loaded: zoo.LoadedModel) -> list[float]:
    """Accuracy when the pictures are scaled to SIZES."""
    return _measured(loaded.entry.name, loaded.entry.identity, "size", loaded)


@st.cache_data(max_entries=24, show_spinner="Measuring …")
def _measured(name: str, who: str, what: str, _loaded: zoo.LoadedModel) -> list[float]:
    import torch

    from core.interpret.robustness import accuracy, at_size, resized, shift_accuracy

    shown = pictures.pictures_for(_loaded)
    images = vit_models.to_input(_loaded, shown.images[:PICTURES])
    labels = torch.from_numpy(np.asarray(shown.labels[:PICTURES]))
    model: Any = _loaded.model
    if what == "shift":
        return shift_accuracy(model, images, labels, SHIFTS)
    found = []
    for size in SIZES:
        fitted = model if _loaded.entry.kind == "cnn" else at_size(model, size)
        found.append(accuracy(fitted, resized(images, size), labels))
    return found
