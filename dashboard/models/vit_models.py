"""Choosing a model that reads pictures, its untrained twin, and its input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from core.data import at_hand
from core.data.images.arrays import UInt8
from core.models import zoo
from dashboard.models import model_choice

if TYPE_CHECKING:
    from torch import Tensor


def choose_model(key: str = "model", label: str = "Model") -> zoo.ModelEntry:
    """A list of the available Vision Transformers; the page ends here with a sentence when there is
    none. First come models of Shapes, which is on every machine and whose objects are known, and of
    these the course's own architecture: its patches are patches, and only its class token is read.
    """
    entries = model_choice.available("vit", "Vision Transformer")
    here = {source.name for source in at_hand() if source.here}

    def place(name: str) -> tuple[bool, bool, bool]:
        entry = entries[name]
        plain = entry.architecture == "VisionTransformer"
        return entry.data not in here, entry.data != "shapes", not plain

    names = sorted(entries, key=place)
    right = [f"{name}: {entries[name].held_out.get('accuracy', 0):.1%}" for name in names]
    return model_choice.choose(
        label,
        {name: entries[name] for name in names},
        key=key,
        help=f"Accuracy on held-out pictures: {', '.join(right)}.",
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
