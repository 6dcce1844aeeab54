"""ViT against CNN: what is measured once and kept, and the histories of the runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from core import zoo
from core.runs.directory import RunDirectory
from dashboard import pictures, vit_models

PICTURES = 200
SHIFTS = (0, 1, 2, 3, 4)
SIZES = (24, 28, 32, 40, 48, 56, 64)


def rivals(data: str) -> list[zoo.ModelEntry]:
    """All models of pictures trained on this data."""
    return [e for e in zoo.available_models() if e.kind in ("vit", "cnn") and e.data == data]


def data_at_hand() -> list[str]:
    """The data sets that have a model, those with a ViT and a CNN first."""
    entries = [e for e in zoo.available_models() if e.kind in ("vit", "cnn")]
    kinds = {e.data: {o.kind for o in entries if o.data == e.data} for e in entries}
    return sorted(kinds, key=lambda data: -len(kinds[data]))


def share_of(entry: zoo.ModelEntry) -> float:
    """The share of the training part that it was trained on, 0 to 1."""
    return float(RunDirectory(entry.path).spec().get("share", 1.0))


def by_share(entries: list[zoo.ModelEntry]) -> dict[str, tuple[list[float], list[float]]]:
    """Architecture -> shares of the data in per cent, and the best held-out accuracy there."""
    best: dict[tuple[str, float], float] = {}
    for entry in entries:
        accuracy = entry.held_out.get("accuracy")
        if accuracy is not None:
            place = (entry.architecture, share_of(entry))
            best[place] = max(best.get(place, 0.0), accuracy)
    found: dict[str, tuple[list[float], list[float]]] = {}
    for (architecture, share), accuracy in sorted(best.items()):
        xs, ys = found.setdefault(architecture, ([], []))
        xs.append(100 * share)
        ys.append(accuracy)
    return found


def history(entry: zoo.ModelEntry) -> tuple[list[int], list[float], list[float]]:
    """Epochs, accuracy on the training data, accuracy on the held-out data."""
    epochs = [r for r in RunDirectory(entry.path).metrics() if r.get("kind") == "epoch"]
    rows = [
        (i, r["train"]["accuracy"], r["held_out"]["accuracy"])
        for i, r in enumerate(epochs, 1)
        if "accuracy" in r.get("train", {}) and "accuracy" in r.get("held_out", {})
    ]
    return [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows]


def under_shift(loaded: zoo.LoadedModel) -> list[float]:
    """Accuracy when the pictures move by SHIFTS pixels."""
    return _measured(loaded.entry.name, loaded.entry.digest, "shift", loaded)


def at_sizes(loaded: zoo.LoadedModel) -> list[float]:
    """Accuracy when the pictures are scaled to SIZES."""
    return _measured(loaded.entry.name, loaded.entry.digest, "size", loaded)


@st.cache_data(max_entries=24, show_spinner="Measuring …")
def _measured(name: str, digest: str, what: str, _loaded: zoo.LoadedModel) -> list[float]:
    import torch

    from core.resize import accuracy, at_size, resized, shift_accuracy

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
