"""CIFAR-10 (Krizhevsky 2009): 50,000 training and 10,000 test images, 32×32 RGB, ten classes.

Three ways in, one way out: the original through torchvision, an archive of class folders
(`cifar10-images.tar.xz`) read in place, or a folder of class folders. All end as uint8 arrays in
the data folder, keyed by the checksum of their source.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from core.data.array_cache import Arrays, find, keys, prepare
from core.data.images.arrays import ImageData
from core.data.images.image_folder import list_pictures, read_folder
from core.data.images.tar_folders import read_archive
from core.data.locations import MissingDataError, Progress, data_folder, sha256_of

CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2470, 0.2435, 0.2616)
ARCHIVE = "cifar10-images.tar.xz"
BATCHES, PACKED = "cifar-10-batches-py", "cifar-10-python.tar.gz"  # names torchvision uses
ORIGINAL_KEY = "cifar10-original"
COMMAND = "python -m core.data get cifar10"


def source_in(place: Path) -> Path | None:
    """What CIFAR-10 can be read from: `place` itself or something in it; None if nothing can."""
    if place.is_file():
        return place
    for name in (BATCHES, PACKED, ARCHIVE):
        if (place / name).exists():
            return place / name
    return place if (place / "train" / CLASSES[0]).is_dir() else None


def _located(place: Path) -> Path:
    source = source_in(place)
    if source is None:
        where = "the data folder" if place == data_folder() else place  # no path of a server's disk
        raise MissingDataError(f"CIFAR-10 is not in {where}; get it with: {COMMAND}")
    return source


def require(data_dir: str | Path | None = None) -> None:
    """Raises MissingDataError when `load` would find nothing; looks at names only."""
    if data_dir is not None or not keys("cifar10-"):
        _located(data_folder() if data_dir is None else Path(data_dir))


def prepare_from(place: str | Path) -> Generator[Progress, None, Arrays]:
    """The arrays of a source in `place`, read now or kept from before; yields progress.

    Raises MissingDataError when there is none, ValueError when it is damaged or something else.
    """
    source = _located(Path(place))
    if source.name in (BATCHES, PACKED):
        return (yield from prepare(ORIGINAL_KEY, lambda: _original(source)))
    if source.is_dir():
        return (yield from _class_folders(source))
    checksum = sha256_of(source)
    return (yield from prepare(f"cifar10-{checksum[:16]}", lambda: _archive(source, checksum)))


def _original(source: Path) -> Generator[Progress, None, Arrays]:
    from core.data.images.cifar10_original import read_batches, unpack

    if source.name == PACKED:
        return (yield from unpack(source))
    yield Progress("reading CIFAR-10", 0, None, "images")
    return read_batches(source.parent)


def _archive(source: Path, checksum: str) -> Generator[Progress, None, Arrays]:
    built = yield from read_archive(source)
    if tuple(built.about["classes"]) != CLASSES:
        raise ValueError(f"{source.name} is not CIFAR-10: its classes are not the ten known ones.")
    note = "CIFAR-10 as JPEG images: accuracies differ a little from those on the original."
    return Arrays(built.arrays, {**built.about, "checksum": checksum, "note": note})


def _class_folders(source: Path) -> Generator[Progress, None, Arrays]:
    if list_pictures(source)[0] != CLASSES:
        raise ValueError(f"{source} is not CIFAR-10: its classes are not the ten known ones.")
    return (yield from read_folder(source, kind="cifar10"))


def getting(source: str | Path | None = None) -> Generator[Progress, None, Arrays]:
    """Put CIFAR-10 into the data folder: from `source`, or from the network through torchvision.

    Yields progress. Raises as `prepare_from` does, or DownloadError.
    """
    if source is None:
        from core.data.images.cifar10_original import download

        return (yield from prepare(ORIGINAL_KEY, download))
    return (yield from prepare_from(source))


def find_prepared() -> Arrays | None:
    """What the data folder holds ready: the original if it is there, else the newest."""
    return next(filter(None, map(find, [ORIGINAL_KEY, *keys("cifar10-")])), None)


def load(data_dir: str | Path | None = None) -> Generator[Progress, None, ImageData]:
    """CIFAR-10 from `data_dir`, or from what the data folder holds; yields progress.

    The first reading of an archive takes seconds, later ones only map files. mean and std are
    the course's. Raises MissingDataError when it is not there.
    """
    if data_dir is not None:
        kept = yield from prepare_from(data_dir)
    else:
        kept = find_prepared() or (yield from prepare_from(data_folder()))
    a = kept.arrays
    return ImageData(
        "cifar10", a["train_images"], a["train_labels"], a["test_images"], a["test_labels"],
        CLASSES, MEAN, STD, kept.about["checksum"], kept.about["note"],
    )  # fmt: skip
