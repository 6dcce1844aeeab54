"""Choosing a model that reads pictures, its untrained twin, and its input."""

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


MOST_MAPS = 64_000_000  # weights of all attention maps of a picture, in 32 bits 256 MB


def choose_model(key: str = "model", real: bool = False) -> zoo.ModelEntry:
    """A list of the available Vision Transformers; the page ends here with a sentence when there is
    none. First come models of Shapes, which is on every machine and whose objects are known, and of
    these the course's own architecture: its patches are patches, and only its class token is read.

    real: models from files are listed too, last.
    """
    entries = model_choice.available("vit", "Vision Transformer")
    entries = {name: entry for name, entry in entries.items() if real or not entry.real}
    here = {source.name for source in at_hand() if source.here}

    def rank(name: str) -> tuple[bool, bool, bool]:
        entry = entries[name]
        plain = entry.architecture == "VisionTransformer"
        return entry.real or entry.data not in here, entry.data != "shapes", not plain

    names = sorted(entries, key=rank)
    right = [
        f"{name}: {entries[name].held_out.get('accuracy', 0):.1%}"
        for name in names
        if not entries[name].real
    ]
    return model_choice.choose(
        "Model",
        {name: entries[name] for name in names},
        key=key,
        help=f"Accuracy on held-out pictures: {', '.join(right)}.",
    )


def load(entry: zoo.ModelEntry) -> zoo.LoadedModel:
    """The model; the page ends with a sentence if it cannot be used, or its maps are too large."""
    loaded = model_choice.load(entry)
    if entry.real:
        with page.or_stop():
            require_maps(loaded)
    return loaded


def require_maps(loaded: zoo.LoadedModel) -> None:
    """A model from files reads coloured pictures, and its attention maps fit into memory.

    Errors: ValueError, one sentence.
    """
    config = loaded.config
    if config.n_channels != 3:
        raise ValueError(
            f"{loaded.entry.name} reads pictures with {config.n_channels} channels, but lessons "
            "have red, green and blue; choose another model."
        )
    patches = (config.img_size // config.patch_size) ** 2
    numbers = config.num_layers * config.num_heads * (patches + 2) ** 2
    if numbers > MOST_MAPS:
        raise ValueError(
            f"{loaded.entry.name} cuts a picture into {patches:,} patches, so its attention maps "
            f"need {4 * numbers / 1e9:,.1f} GB, and at most {4 * MOST_MAPS / 1e9:.2f} GB are used; "
            "choose a model with larger patches or smaller pictures."
        )


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
