"""The data of the course: CIFAR-10, Shapes, Tiny Shakespeare, Grammar, and a user's own.

    from core.data import DialogueDataset, collate_fn, load_dialogues, load_images

Names are imported when they are first used, so that `import core.data` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.data.dialogues import DialogueData, DialogueDataset, collate_fn
    from core.data.folder import MissingDataError, data_folder
    from core.data.images import ImageData, ImageDataset
    from core.data.sets import CIFAR10Dataset, ShapesDataset
    from core.data.sources import at_hand, load_dialogues, load_images

_HOMES = {
    "CIFAR10Dataset": "sets",
    "DialogueData": "dialogues",
    "DialogueDataset": "dialogues",
    "ImageData": "images",
    "ImageDataset": "images",
    "MissingDataError": "folder",
    "ShapesDataset": "sets",
    "at_hand": "sources",
    "collate_fn": "dialogues",
    "data_folder": "folder",
    "load_dialogues": "sources",
    "load_images": "sources",
}

__all__ = [
    "CIFAR10Dataset",
    "DialogueData",
    "DialogueDataset",
    "ImageData",
    "ImageDataset",
    "MissingDataError",
    "ShapesDataset",
    "at_hand",
    "collate_fn",
    "data_folder",
    "load_dialogues",
    "load_images",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
