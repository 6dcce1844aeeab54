"""CIFAR-10 (Krizhevsky 2009): 50,000 training and 10,000 test images, 32×32 RGB, ten classes.

Three sources: the original through torchvision, an archive of class folders
(`cifar10-images.tar.xz`), or a folder of class folders. All become uint8 arrays in the data folder,
whose key is the checksum of the source.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.data.array_cache import Arrays, find, keys, prepare
from core.data.images.arrays import ImageData
from core.data.images.image_folder import list_pictures, read_folder
from core.data.images.tar_folders import read_archive
from core.data.locations import JobProgress, MissingDataError, data_folder, sha256_of
from core.system.command import typed

CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
# The classes of the first ten test images, in the order of the original files.
FIRST_TEN = (3, 8, 8, 0, 6, 6, 1, 6, 3, 1)
MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2470, 0.2435, 0.2616)
ARCHIVE = "cifar10-images.tar.xz"
BATCHES, PACKED = "cifar-10-batches-py", "cifar-10-python.tar.gz"  # names torchvision uses
ORIGINAL_KEY = "cifar10-original"
COMMAND = typed("data get cifar10")


def first_ten(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the first ten test images of the original stand, (10,): the ten that the course shows.

    labels: (N,), in the original order, or sorted by class with each class in that order. Copies
    that lack some of them give the first ten images.
    """
    places = [np.flatnonzero(labels == kind) for kind in range(len(CLASSES))]
    try:
        indices = [places[k][FIRST_TEN[:i].count(k)] for i, k in enumerate(FIRST_TEN)]
    except IndexError:
        return np.arange(min(10, len(labels)))
    return np.array(indices, dtype=np.int64)


def source_in(location: Path) -> Path | None:
    """The source of CIFAR-10 in `location`, or `location` itself; None if there is none."""
    if location.is_file():
        return location
    for name in (BATCHES, PACKED, ARCHIVE):
        if (location / name).exists():
            return location / name
    return location if (location / "train" / CLASSES[0]).is_dir() else None


def _locate(location: Path) -> Path:
    source = source_in(location)
    if source is None:
        where = (
            "the data folder" if location == data_folder() else location
        )  # no path of a server's disk
        raise MissingDataError(f"CIFAR-10 is not in {where}; get it with {COMMAND}")
    return source


def require(data_dir: str | Path | None = None) -> None:
    """Raises MissingDataError when `load` would find nothing; it only looks for the files."""
    if data_dir is not None or not keys("cifar10-"):
        _locate(data_folder() if data_dir is None else Path(data_dir))


def prepare_from(location: str | Path) -> Generator[JobProgress, None, Arrays]:
    """The arrays of the source in `location`, read now or stored before; yields progress.

    Raises MissingDataError when there is none, ValueError when it is damaged or not CIFAR-10.
    """
    source = _locate(Path(location))
    if source.name in (BATCHES, PACKED):
        return (yield from prepare(ORIGINAL_KEY, lambda: _original(source)))
    if source.is_dir():
        return (yield from _class_folders(source))
    checksum = sha256_of(source)
    return (yield from prepare(f"cifar10-{checksum[:16]}", lambda: _archive(source, checksum)))


def _original(source: Path) -> Generator[JobProgress, None, Arrays]:
    from core.data.images.cifar10_original import read_batches, unpack

    if source.name == PACKED:
        return (yield from unpack(source))
    yield JobProgress("reading CIFAR-10", 0, None, "images")
    return read_batches(source.parent)


def _archive(source: Path, checksum: str) -> Generator[JobProgress, None, Arrays]:
    built = yield from read_archive(source)
    if tuple(built.about["classes"]) != CLASSES:
        raise ValueError(f"{source.name} is not CIFAR-10: its classes are not the ten known ones.")
    note = "CIFAR-10 as JPEG images: accuracies differ a little from those on the original."
    return Arrays(built.arrays, {**built.about, "checksum": checksum, "note": note})


def _class_folders(source: Path) -> Generator[JobProgress, None, Arrays]:
    if list_pictures(source)[0] != CLASSES:
        raise ValueError(f"{source} is not CIFAR-10: its classes are not the ten known ones.")
    return (yield from read_folder(source, kind="cifar10"))


def obtain(source: str | Path | None = None) -> Generator[JobProgress, None, Arrays]:
    """Store CIFAR-10 in the data folder, from `source` or from the network through torchvision.

    Yields progress. Raises as `prepare_from` does, or DownloadError.
    """
    if source is None:
        from core.data.images.cifar10_original import download

        return (yield from prepare(ORIGINAL_KEY, download))
    return (yield from prepare_from(source))


def find_prepared() -> Arrays | None:
    """The prepared arrays in the data folder: the original, else the newest; None without any."""
    return next(filter(None, map(find, [ORIGINAL_KEY, *keys("cifar10-")])), None)


def load(data_dir: str | Path | None = None) -> Generator[JobProgress, None, ImageData]:
    """CIFAR-10 from `data_dir`, or from the data folder; yields progress.

    Reading an archive for the first time takes seconds, later only files are mapped. mean and std
    are the course's. Raises MissingDataError when it is missing.
    """
    if data_dir is not None:
        prepared = yield from prepare_from(data_dir)
    else:
        prepared = find_prepared() or (yield from prepare_from(data_folder()))
    return ImageData.of("cifar10", prepared, classes=CLASSES, mean=MEAN, std=STD)
