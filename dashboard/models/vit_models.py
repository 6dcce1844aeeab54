"""Choosing and loading a model that reads pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from core.data import at_hand
from core.data.images.arrays import UInt8
from core.models import zoo
from dashboard.components import page
from dashboard.models import model_choice

if TYPE_CHECKING:
    from torch import Tensor


def choose_model(
    key: str = "model", label: str = "Model", prefer: str = "cifar10"
) -> zoo.ModelEntry:
    """A list of the Vision Transformers at hand; the page ends here with a sentence when there is
    none. First come those whose data is on this machine, of them the preferred data's."""
    entries = {entry.name: entry for entry in zoo.available_models("vit")}
    if not entries:
        st.info("There is no Vision Transformer yet: train one first.", icon=":material/info:")
        page.lesson_link("train")
        st.stop()
    here = {source.name for source in at_hand() if source.here}
    names = sorted(entries, key=lambda n: (entries[n].data not in here, entries[n].data != prefer))
    right = [f"{name}: {entries[name].held_out.get('accuracy', 0):.1%}" for name in names]
    return model_choice.choose(
        label,
        {name: entries[name] for name in names},
        key=key,
        help=f"Right on held-out data: {', '.join(right)}.",
    )


def load(entry: zoo.ModelEntry) -> zoo.LoadedModel:
    """The model, ready to run and shared by everybody; the page ends with a sentence if it
    cannot be used."""
    try:
        return _load(str(entry.weights), entry.identity, entry)
    except (ValueError, OSError) as error:
        page.error_sentence(error)
        st.stop()


@st.cache_resource(max_entries=8, show_spinner="Loading the model …")
def _load(weights: str, who: str, _entry: zoo.ModelEntry) -> zoo.LoadedModel:
    return zoo.load_model(_entry)


def untrained(loaded: zoo.LoadedModel) -> Any:
    """The same architecture with fresh random weights (seed 0), in eval mode."""
    return _untrained(loaded.entry.architecture, repr(loaded.config), loaded)


@st.cache_resource(max_entries=8, show_spinner=False)
def _untrained(architecture: str, config: str, _loaded: zoo.LoadedModel) -> Any:
    import torch

    from core.models.registry import build

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build(architecture, _loaded.config).eval()


def to_input(loaded: zoo.LoadedModel, images: UInt8) -> Tensor:
    """(N, 3, S, S) uint8 -> the normalised floats the model was trained on, in its size."""
    import torch

    from core.interpret.robustness import resized

    mean, std = (torch.tensor(loaded.extra[k]).view(3, 1, 1) for k in ("mean", "std"))
    floats = (torch.from_numpy(np.ascontiguousarray(images)).float() / 255 - mean) / std
    return resized(floats, loaded.config.img_size)
