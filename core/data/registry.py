"""The image data sets as map-style datasets for a `torch.utils.data.DataLoader`."""

from __future__ import annotations

from pathlib import Path

from core.data.images import shapes
from core.data.images.arrays import ImageDataset
from core.data.locations import drain
from core.data.sources import load_images


class CIFAR10Dataset(ImageDataset):
    """CIFAR-10: item i is (float image (3, 32, 32), normalised; class 0..9)."""

    def __init__(self, train: bool = True, data_dir: str | Path | None = None) -> None:
        super().__init__(load_images("cifar10", data_dir), train)


class ShapesDataset(ImageDataset):
    """Shapes: item i as above; `masks` (N×32×32 bool) tells which pixels are the object.

    counts   images in the training and the test part; mean and std are the training part's
    """

    def __init__(
        self, train: bool = True, counts: tuple[int, int] = (10_000, 2_000), seed: int = 0
    ) -> None:
        super().__init__(drain(shapes.load(*counts, seed)), train)
