"""A folder of class folders: `<class>/<picture>.png`, or `train/<class>/…` and `test/<class>/…`.

Pictures of any size are cropped to the central square and scaled to S×S. Without train/ and test/,
every fifth picture of each class is used for testing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from functools import partial
from pathlib import Path
from typing import Any

from core.data.array_cache import Arrays, prepare
from core.data.images.arrays import ImageData, fit_square, image_arrays
from core.data.images.picture import open_picture
from core.data.locations import JobProgress

SUFFIXES = (".png", ".jpg", ".jpeg")
MAX_CLASSES = 100
MAX_PICTURES = 100_000
MAX_PIXELS = 50_000_000  # of a picture on this machine
MIN_PICTURES = 10  # in all
HOLD_OUT_EVERY = 5


def _class_folders(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))


def _pictures(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_file() and p.suffix.lower() in SUFFIXES)


def list_pictures(folder: Path) -> tuple[tuple[str, ...], dict[str, list[tuple[Path, int]]]]:
    """The class names and, for "train" and "test", every picture with its label.

    Raises ValueError, one sentence: not a folder, one class, too few or too many pictures.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder; give a folder with a folder for each class.")
    train, test = folder / "train", folder / "test"
    divided = train.is_dir() and test.is_dir()
    folders = _class_folders(train if divided else folder)
    classes = tuple(f.name for f in folders)
    if len(classes) < 2:
        contents = f"only one class folder ({classes[0]})" if classes else "no class folders"
        raise ValueError(
            f"{folder.name} holds {contents}; give a folder for each of two or more classes."
        )
    if len(classes) > MAX_CLASSES:
        raise ValueError(f"{folder.name} holds {len(classes)} classes; give at most {MAX_CLASSES}.")
    parts: dict[str, list[tuple[Path, int]]] = {"train": [], "test": []}
    for label, class_folder in enumerate(folders):
        pictures = _pictures(class_folder)
        if divided:
            other = test / class_folder.name
            parts["train"] += [(p, label) for p in pictures]
            parts["test"] += [(p, label) for p in (_pictures(other) if other.is_dir() else [])]
        else:
            for i, picture in enumerate(pictures):
                held_out = i % HOLD_OUT_EVERY == HOLD_OUT_EVERY - 1
                parts["test" if held_out else "train"].append((picture, label))
    count = len(parts["train"]) + len(parts["test"])
    if count < MIN_PICTURES or not parts["train"] or not parts["test"]:
        raise ValueError(
            f"{folder.name} holds {count} PNG or JPEG pictures; give at least {MIN_PICTURES}, "
            f"{HOLD_OUT_EVERY} or more of each class, so that some can be used for testing."
        )
    if count > MAX_PICTURES:
        raise ValueError(f"{folder.name} holds {count:,} pictures; give at most {MAX_PICTURES:,}.")
    return classes, parts


def _build(
    folder: Path, classes: tuple[str, ...], parts: dict[str, list[tuple[Path, int]]], size: int
) -> Generator[JobProgress, None, Arrays]:
    read: dict[str, tuple[list[Any], list[int]]] = {part: ([], []) for part in parts}
    unreadable: list[str] = []
    every = [(part, *picture) for part, pictures in parts.items() for picture in pictures]
    for done, (part, path, label) in enumerate(every):
        if done % 100 == 0:
            yield JobProgress(f"reading {folder.name}", done, len(every), "images")
        try:
            read[part][0].append(fit_square(open_picture(path, most=MAX_PIXELS), size))
            read[part][1].append(label)
        except (ValueError, OSError):
            unreadable.append(f"{path.parent.name}/{path.name}")
    for part, (_, labels) in read.items():
        if len(set(labels)) < 2:
            raise ValueError(
                f"{folder.name} has readable {part} pictures of fewer than two classes "
                f"({len(unreadable)} of {len(every)} cannot be read); replace the damaged ones."
            )
    return image_arrays(read, classes, unreadable)


def read_folder(
    folder: Path, size: int = 32, kind: str = "folder"
) -> Generator[JobProgress, None, Arrays]:
    """The arrays of a folder, read now or stored before under a key that begins with `kind`.

    The key is a hash of names, sizes and times of change of all files. See `load`.
    """
    if not 8 <= size <= 256:
        raise ValueError(f"The image side must be from 8 to 256 pixels, not {size}.")
    classes, parts = list_pictures(folder)
    listing = hashlib.sha256(f"{size} {classes}".encode())
    for part, pictures in parts.items():
        for path, label in pictures:
            state = path.stat()
            listing.update(f"{part} {label} {path} {state.st_size} {state.st_mtime_ns}\n".encode())
    key = f"{kind}-{listing.hexdigest()[:24]}"
    return (yield from prepare(key, partial(_build, folder, classes, parts, size)))


def load(folder: str | Path, size: int = 32) -> Generator[JobProgress, None, ImageData]:
    """The image set of a folder of class folders; yields progress in images.

    size   side of the images, S, 8..256 pixels

    Raises ValueError, one sentence: no folder, one class, too few pictures, none readable.
    """
    folder = Path(folder)
    return ImageData.of(folder.name, (yield from read_folder(folder, size)))
