"""The data of the course: CIFAR-10, Shapes, Tiny Shakespeare, Grammar, Refrain, and a user's own.

    from core.data import DialogueDataset, collate_fn, load_dialogues, load_images

Imports core.tokenizer, core.run_files and core.system; names are imported when first used.
"""

from typing import TYPE_CHECKING

from core.system.lazy_names import lazy_names

if TYPE_CHECKING:
    from core.data.images.arrays import ImageData as ImageData, ImageDataset as ImageDataset
    from core.data.locations import MissingDataError as MissingDataError, data_folder as data_folder
    from core.data.registry import CIFAR10Dataset as CIFAR10Dataset, ShapesDataset as ShapesDataset
    from core.data.sources import (
        at_hand as at_hand,
        load_dialogues as load_dialogues,
        load_images as load_images,
    )
    from core.data.text.dialogues import (
        DialogueData as DialogueData,
        DialogueDataset as DialogueDataset,
        collate_fn as collate_fn,
    )

__getattr__ = lazy_names(
    __name__,
    {
        "CIFAR10Dataset": "registry",
        "DialogueData": "text.dialogues",
        "DialogueDataset": "text.dialogues",
        "ImageData": "images.arrays",
        "ImageDataset": "images.arrays",
        "MissingDataError": "locations",
        "ShapesDataset": "registry",
        "at_hand": "sources",
        "collate_fn": "text.dialogues",
        "data_folder": "locations",
        "load_dialogues": "sources",
        "load_images": "sources",
    },
)
