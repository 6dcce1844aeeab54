"""Images as arrays: a data set in memory, one picture cropped to a square, a torch dataset."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from core.data.array_cache import Arrays

if TYPE_CHECKING:
    from torch import Tensor


UInt8 = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class ImageData:
    """A labelled image set, split into a training and a test set.

    train_images, test_images   uint8, N×3×S×S, 0..255
    train_labels, test_labels   int64, N, each 0..C-1
    classes                     the C names
    mean, std                   per channel, of the training images scaled to 0..1
    checksum                    SHA-256 that identifies the data
    note                        a sentence about the data for the reader
    train_masks, test_masks     bool, N×S×S, true on the object; None if unknown
    """

    name: str
    train_images: UInt8
    train_labels: NDArray[np.int64]
    test_images: UInt8
    test_labels: NDArray[np.int64]
    classes: tuple[str, ...]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    checksum: str
    note: str
    train_masks: NDArray[np.bool_] | None = None
    test_masks: NDArray[np.bool_] | None = None

    @classmethod
    def of(cls, name: str, prepared: Arrays, **more: Any) -> ImageData:
        """From prepared arrays, which have the fields' names; `more` overrides their `about`."""
        about = {k: tuple(v) if isinstance(v, list) else v for k, v in prepared.about.items()}
        fields: dict[str, Any] = {**prepared.arrays, **about, **more}
        return cls(name, **fields)

    @property
    def size(self) -> int:
        """Side of an image in pixels, S."""
        return int(self.train_images.shape[-1])


def image_arrays(
    parts: Mapping[str, tuple[list[UInt8], list[int]]],
    classes: tuple[str, ...],
    skipped: Sequence[str],
    title: str = "",
) -> Arrays:
    """Pictures of one size and their labels, by part, as the arrays that `ImageData.of` takes.

    skipped: the names of files that could not be read; title: the start of the note.
    """
    arrays: dict[str, NDArray[Any]] = {}
    for part, (images, labels) in parts.items():
        arrays[f"{part}_images"] = np.stack(images)
        arrays[f"{part}_labels"] = np.array(labels, dtype=np.int64)
    mean, std = channel_statistics(arrays["train_images"])
    side = arrays["train_images"].shape[-1]
    note = (
        f"{title}{len(arrays['train_labels']):,} training and {len(arrays['test_labels']):,} test "
        f"pictures in {len(classes)} classes, cropped to squares and scaled to {side}×{side} "
        "pixels."
    )
    if skipped:
        named = ", ".join(name[-40:] for name in skipped[:3]) + (", …" if len(skipped) > 3 else "")
        note += f" No readable PNG or JPEG of a class, and skipped: {len(skipped)} ({named})."
    checksum = checksum_of(*(arrays[name] for name in sorted(arrays)))
    about = {"classes": classes, "mean": mean, "std": std, "checksum": checksum, "note": note}
    return Arrays(arrays, about)


def channel_statistics(
    images: UInt8,
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Mean and standard deviation of each channel of N×3×S×S images, scaled to 0..1.

    E[x] and √(E[x²] − E[x]²), from the histogram of the 256 values: exact in integers.
    """
    values = np.arange(256, dtype=np.float64) / 255
    counts_of = np.zeros((3, 256), dtype=np.int64)
    for start in range(0, len(images), 1000):  # bincount widens its input eightfold
        for channel in range(3):
            pixels = images[start : start + 1000, channel].reshape(-1)
            counts_of[channel] += np.bincount(pixels, minlength=256)
    means, stds = [], []
    for counts in counts_of:
        share = counts / counts.sum()
        mean = float(share @ values)
        means.append(mean)
        stds.append(max(float(share @ (values - mean) ** 2) ** 0.5, 1e-3))
    return (means[0], means[1], means[2]), (stds[0], stds[1], stds[2])


def checksum_of(*arrays: NDArray[Any]) -> str:
    """SHA-256 over shapes and bytes of arrays."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.shape}{array.dtype.str}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def fit_square(picture: Image.Image, size: int) -> UInt8:
    """The largest centred square of an RGB picture, scaled to S×S pixels: uint8, 3×S×S."""
    if picture.size != (size, size):
        picture = ImageOps.fit(picture, (size, size), Image.Resampling.BICUBIC)
    return np.ascontiguousarray(np.asarray(picture, dtype=np.uint8).transpose(2, 0, 1))


class ImageDataset:
    """Item i is (image, label): the float image (3, S, S), normalised, and the class number.

    image = (pixel / 255 − mean) / std for each channel. It works with
    `torch.utils.data.DataLoader`.
    """

    def __init__(self, data: ImageData, train: bool = True) -> None:
        self.images = data.train_images if train else data.test_images
        self.labels = data.train_labels if train else data.test_labels
        self.masks = data.train_masks if train else data.test_masks
        self.classes, self.mean, self.std = data.classes, data.mean, data.std

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, i: int) -> tuple[Tensor, int]:
        import torch

        mean, std = (np.array(s, dtype=np.float32).reshape(3, 1, 1) for s in (self.mean, self.std))
        image = (self.images[i].astype(np.float32) / 255 - mean) / std
        return torch.from_numpy(image), int(self.labels[i])
