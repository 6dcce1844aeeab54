"""ViT against CNN: training budgets, histories of the runs, and cached measurements."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from core.config.recipe import Recipe
from core.config.run_spec import RunSpec
from core.data.images.arrays import UInt8
from core.models import zoo
from core.run_files.directory import RunDirectory
from core.study.measure.robustness import PICTURES, What, accuracies, shipped_accuracies
from dashboard import controls
from dashboard.models import model_choice, pictures, vit_models

SECTIONS = (
    *("overfitting", "little data", "shifted", "other sizes", "where they look"),
    "augmentation",
)
KINDS = {"vit": "Vision Transformer", "cnn": "CNN"}
NAMES = {  # of architectures, as a figure calls them
    "VisionTransformer": "plain ViT",
    "CompactViT": "ViT that begins with convolutions",
    "SinusoidalViT": "the same with sinusoidal positions",
    "SmallCNN": "CNN",
}
OPTIMISERS = {"adamw": "AdamW", "muon": "Muon"}


@dataclass(frozen=True)
class Rival:
    """A model of pictures and its training. share: of the training set, 0 to 1; seen: images;
    epochs: their numbers; training and held_out: the accuracies after each, and the losses, nats.
    """

    entry: zoo.ModelEntry
    share: float
    seen: int
    epochs: list[int]
    training: list[float]
    held_out: list[float]
    training_loss: list[float]
    held_out_loss: list[float]

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def recipe(self) -> Recipe:
        """With what it was trained."""
        return RunSpec.from_dict(RunDirectory(self.entry.path).spec()).recipe_config()

    @property
    def gap(self) -> float:
        """Training minus held-out accuracy after the last epoch, 0 before the first."""
        return self.training[-1] - self.held_out[-1] if self.epochs else 0.0


def rivals(data: str) -> list[Rival]:
    """All models of pictures trained on this data: the shipped ones first, largest share first."""
    members = [_rival(e) for e in zoo.available_models() if e.kind in KINDS and e.data == data]
    return sorted(members, key=lambda r: (not r.entry.shipped, -r.share))


def _rival(entry: zoo.ModelEntry) -> Rival:
    run = RunDirectory(entry.path)
    rows = [r for r in run.epochs() if "accuracy" in r["train"] and "accuracy" in r["held_out"]]
    curves = [
        [r[part].get(measure, math.nan) for r in rows]
        for measure in ("accuracy", "loss")
        for part in ("train", "held_out")
    ]
    seen = max((r.get("examples", 0) for r in rows), default=0)
    return Rival(entry, run.spec().get("share", 1.0), seen, [r["epoch"] for r in rows], *curves)


def choose_both(kinds: dict[str, list[Rival]]) -> dict[str, Rival]:
    """A list for each kind of model: kind -> the selected one."""
    selected = {}
    with st.container(horizontal=True):
        for kind, name in KINDS.items():
            members = {r.name: r for r in kinds[kind]}
            if members:
                entries = {r.name: r.entry for r in members.values()}
                at = _default(kinds[kind])
                entry = model_choice.choose(name, entries, key=kind, index=at)
                selected[kind] = members[entry.name]
    return selected


def _default(members: list[Rival]) -> int:
    """Which of the models of a kind is selected at first: the best plain ViT, else the first."""
    plain = [r for r in members if r.entry.architecture == "VisionTransformer" and r.epochs]
    return members.index(max(plain, key=lambda r: r.held_out[-1])) if plain else 0


def choose_third(members: list[Rival], what: What) -> Rival | None:
    """A list of all models and "none". The first of all that know the whole data set is chosen:
    for "shift" a ViT trained without shifted and mirrored copies of the pictures, for "size" one
    whose positions are a formula, which holds on every grid."""
    names = {r.name: r for r in members}
    suits = _is_unaugmented if what == "shift" else _is_sinusoidal
    good = [r.name for r in members if r.share == 1.0 and r.epochs and suits(r)]
    at = 1 + list(names).index(good[0]) if good else 0
    name = controls.choice("A third model", ["none", *names], key="beside", index=at)
    return names.get(name)


def _is_unaugmented(rival: Rival) -> bool:
    return rival.entry.kind == "vit" and not getattr(rival.recipe, "augment", True)


def _is_sinusoidal(rival: Rival) -> bool:
    return rival.entry.architecture == "SinusoidalViT"


def overfitting_first(members: list[Rival]) -> list[str]:
    """The two models trained on all of the data whose gap is largest, and the most accurate one."""
    on_all_data = [r for r in members if r.epochs and r.share == 1.0]
    widest = sorted(on_all_data, key=lambda r: -r.gap)[:2]
    best = max(on_all_data, key=lambda r: r.held_out[-1], default=None)
    return [r.name for r in (*widest, *([best] if best not in widest and best else []))]


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
            "parameters": _sizes(r.entry.identity, r.entry)[0], "data": r.share,
            "images seen": r.seen, "training": r.training[-1], "held out": r.held_out[-1],
            "gap": r.gap,
        }
        for r in members if r.epochs
    ]  # fmt: skip


@st.cache_data(max_entries=200, show_spinner=False)
def _sizes(identity: str, _entry: zoo.ModelEntry) -> tuple[int | None, int | None]:
    """Parameters, counted on the meta device without memory, and classes; None for both if the
    checkpoint cannot be used."""
    from core.models.checkpoint import (
        CheckpointError,
        read_checkpoint,
        require_fit,
        require_pictures,
    )
    from core.models.registry import build, parameter_count
    from core.system.meta_device import shapes_only

    try:
        checkpoint = read_checkpoint(_entry.weights)
        require_fit(checkpoint)
        require_pictures(checkpoint)
    except CheckpointError:
        return None, None
    with shapes_only():
        parameters = parameter_count(build(checkpoint.architecture, checkpoint.config))
    return parameters, len(checkpoint.extra["classes"])


def by_share(members: list[Rival]) -> dict[str, tuple[list[float], list[float], list[float]]]:
    """Name of an architecture -> shares of the data in per cent; accuracy of the best model there,
    the mean with its second seed; half the difference of the two, 0 where there is one."""
    lines: dict[str, tuple[list[float], list[float], list[float]]] = {}
    for (architecture, share), rival in sorted(_best(members).items()):
        name = NAMES.get(architecture, architecture)
        xs, ys, spreads = lines.setdefault(name, ([], [], []))
        first, other = rival.held_out[-1], zoo.second_accuracy(rival.entry)
        second = first if other is None else other
        xs.append(100 * share)
        ys.append((first + second) / 2)
        spreads.append(abs(first - second) / 2)
    return lines


def _best(members: list[Rival]) -> dict[tuple[str, float], Rival]:
    """(Architecture, share of the data) -> the most accurate model there."""
    best: dict[tuple[str, float], Rival] = {}
    for rival in members:
        key = (rival.entry.architecture, rival.share)
        if rival.epochs and (key not in best or rival.held_out[-1] > best[key].held_out[-1]):
            best[key] = rival
    return best


def near_chance(members: list[Rival]) -> str:
    """Which architecture learned nothing that holds for new pictures, at which share, and what it
    reaches at the next share; "" if none is within 5 points of guessing."""
    best, sentences = _best(members), []
    for (architecture, share), rival in sorted(best.items()):
        classes = _sizes(rival.entry.identity, rival.entry)[1]
        if classes is None or rival.held_out[-1] > 1 / classes + 0.05:
            continue
        sentences.append(
            f"At {100 * share:g}% of the data the {NAMES.get(architecture, architecture)} is right "
            f"on {rival.training[-1]:.0%} of its training pictures, but on only "
            f"{rival.held_out[-1]:.1%} of new ones; guessing gives {1 / classes:.0%}."
        )
        more = [s for name, s in best if name == architecture and s > share]
        if more:
            reached = best[architecture, min(more)].held_out[-1]
            sentences.append(f"At {100 * min(more):g}% it reaches {reached:.1%}.")
    return " ".join(sentences)


def training_differences(members: list[Rival]) -> str:
    """Which optimiser each architecture of these models was trained with, as a sentence."""
    optimisers: dict[str, set[str]] = {}
    for rival in members:
        optimisers.setdefault(rival.entry.architecture, set()).add(rival.recipe.optimizer)
    named = [
        f"{NAMES.get(architecture, architecture)}: "
        f"{' and '.join(OPTIMISERS.get(name, name) for name in sorted(used))}"
        for architecture, used in optimisers.items()
    ]
    return f"The optimisers differ ({'; '.join(named)})." if len(named) > 1 else ""


def missing_shares(members: list[Rival]) -> str:
    """Which share has a model of one kind and none of the other, as a sentence; "" if none has."""
    trained = [(r.entry.kind, r.share) for r in members if r.epochs]
    every = sorted({share for _, share in trained})
    absent = []
    for kind, name in KINDS.items():
        gone = [f"{100 * share:g}%" for share in every if (kind, share) not in trained]
        if gone:
            absent.append(f"no {name} trained on {', '.join(gone)} of the data")
    return (
        f"There is {' and '.join(absent)} yet; you can train it on the Train page."
        if absent
        else ""
    )


def chance(lines: dict[str, Any]) -> str:
    """The sampling error of a single point, as a sentence: at most 2 standard errors."""
    worst = max(p * (1 - p) for _, values in lines.values() for p in values)
    return f"the sampling error of a point is at most ±{2 * (worst / PICTURES) ** 0.5:.1%}."


def under_change(rival: Rival, what: What) -> list[float] | str:
    """The accuracies at PLACES[what]: those shipped with the model, or measured here once.

    A sentence instead if that takes pictures that are not on this machine.
    """
    known = shipped_accuracies(rival.entry, what)
    if known is not None:
        return known
    loaded = model_choice.load(rival.entry)
    at = pictures.pictures_for(loaded)
    if not pictures.known(at, loaded):
        return at.note
    return _measured(loaded.entry.name, loaded.entry.identity, what, loaded)


def looks(loaded: zoo.LoadedModel, images: UInt8) -> tuple[list[int], np.ndarray]:
    """The predicted classes of N pictures (N, 3, S, S), and what supports them: (N, P).

    Grad-CAM for a CNN, gradient relevance for a ViT. Shared: do not change them.
    """
    content = repr(images.shape).encode() + images.tobytes()
    supported: tuple[list[int], np.ndarray] = _looks(loaded.entry.identity, content, loaded, images)
    return supported


@st.cache_resource(max_entries=64, show_spinner=False)
def _looks(
    identity: str, content: bytes, _loaded: zoo.LoadedModel, _images: UInt8
) -> tuple[list[int], np.ndarray]:
    import torch

    from core.interpret.attribution import grad_cam, patch_map

    model, inputs = _loaded.model, vit_models.to_input(_loaded, _images)
    with torch.no_grad():
        classes = model(inputs)[0].argmax(-1)
    if _loaded.entry.kind == "cnn":
        return classes.tolist(), grad_cam(model, inputs, classes).flatten(1).numpy()
    return classes.tolist(), patch_map(model, inputs, "gradient", classes).numpy()


@st.cache_data(max_entries=24, show_spinner="Measuring …")
def _measured(name: str, identity: str, what: What, _loaded: zoo.LoadedModel) -> list[float]:
    shown = pictures.pictures_for(_loaded)
    return accuracies(_loaded, shown.images[:PICTURES], shown.labels[:PICTURES], what)
