"""Pictures from a zip of class folders, which may come from a stranger; nothing is unpacked.

`cats/1.png`, `dogs/2.jpg` …, or the same below `train/` and `test/`, or all of it in one folder.
What is read costs a bounded time and memory: the size of the list of members is read before the
list, each size before the member, and the pixels of a picture before they are decoded.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Generator
from pathlib import PurePosixPath
from typing import Any

from core.data.array_cache import Arrays
from core.data.images.arrays import fit_square, image_arrays
from core.data.images.image_folder import HOLD_OUT_EVERY, MAX_CLASSES, MIN_PICTURES, SUFFIXES
from core.data.images.picture import MAX_FILE_BYTES, MAX_PIXELS, PictureTooLarge, open_picture
from core.data.locations import JobProgress
from core.system.zip_list import BROKEN, open_zip

SIZE = 32  # side of a stored picture
MAX_MEMBERS = 10_000
MAX_LIST = 2_000_000  # bytes of the zip's list of members
MAX_NAME = 60  # characters of a class
MAX_UNPACKED = 200_000_000  # bytes of all members together
MAX_ALL_PIXELS = 200_000_000  # of all pictures together, as decoded

Member = tuple[zipfile.ZipInfo, str, str]  # the member, its part "train", "test" or "", its class


def read_zip(content: bytes, title: str) -> Generator[JobProgress, None, Arrays]:
    """The arrays of an image set, as `core.data.images.image_folder` makes them of a folder.

    title: the name of the file, for messages. Errors: ValueError, one sentence.
    """
    archive = open_zip(content, title, MAX_MEMBERS, MAX_LIST, f"{MAX_MEMBERS:,} pictures")
    members = archive.infolist()
    pictures, others = _pictures(members, title)
    classes = tuple(sorted({name for _, _, name in pictures}))
    _check(classes, pictures, title)
    parts: dict[str, tuple[list[Any], list[int]]] = {"train": ([], []), "test": ([], [])}
    seen = dict.fromkeys(classes, 0)
    budget = MAX_ALL_PIXELS
    for number, (member, part, name) in enumerate(pictures):
        if number % 50 == 0:
            yield JobProgress(f"reading {title}", number, len(pictures), "images")
        try:
            with archive.open(member) as file:
                data = io.BytesIO(file.read(MAX_FILE_BYTES + 1))
            picture = open_picture(data, member.filename[-60:], min(MAX_PIXELS, budget))
        except PictureTooLarge as error:
            if budget >= MAX_PIXELS:
                raise ValueError(str(error)) from None
            raise ValueError(
                f"The pictures of {title} have more than {MAX_ALL_PIXELS // 10**6} million pixels "
                "together: make them smaller, 64 × 64 is enough."
            ) from None
        except BROKEN:
            others.append(member.filename)
            continue
        budget -= picture.width * picture.height
        held_out = seen[name] % HOLD_OUT_EVERY == HOLD_OUT_EVERY - 1
        seen[name] += 1
        images, labels = parts[part or ("test" if held_out else "train")]
        images.append(fit_square(picture, SIZE))
        labels.append(classes.index(name))
    return _arrays(parts, classes, others, title)


def _pictures(members: list[zipfile.ZipInfo], title: str) -> tuple[list[Member], list[str]]:
    """The members that are pictures by their names, and the names of all other files.

    Errors: ValueError for a name that leads out of the zip, a link, or too much to unpack.
    """
    files = [m for m in members if not m.is_dir() and not _is_hidden(m.filename)]
    for member in files:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", member.filename):
            raise ValueError(
                f"{title} holds the name {member.filename[:60]!r}, which leads out of the zip: zip "
                "the folder of your class folders again."
            )
        if (member.external_attr >> 28) not in (0, 8) or member.flag_bits & 1:
            raise ValueError(
                f"{title} holds {member.filename[:60]!r}, which is a link or encrypted: zip the "
                "pictures themselves, without a password."
            )
    size = sum(member.file_size for member in files)
    if len(files) > MAX_MEMBERS or size > MAX_UNPACKED:
        raise ValueError(
            f"{title} unpacks to {len(files):,} files of {size:,} bytes: give at most "
            f"{MAX_MEMBERS:,} files and {MAX_UNPACKED // 10**6} MB."
        )
    pictures: list[Member] = []
    others: list[str] = []
    for member in sorted(files, key=lambda m: m.filename):
        *folders, last = PurePosixPath(member.filename.replace("\\", "/")).parts
        if folders and last.lower().endswith(SUFFIXES):
            part = next((f for f in folders[:-1] if f in ("train", "test")), "")
            pictures.append((member, part, folders[-1]))
        else:
            others.append(member.filename)
    divided = {part for _, part, _ in pictures} >= {"train", "test"}
    return [(m, part if divided else "", name) for m, part, name in pictures], others


def _is_hidden(name: str) -> bool:
    """What systems add by themselves: `__MACOSX/…`, `.DS_Store`, `Thumbs.db`."""
    parts = name.replace("\\", "/").split("/")
    return any(p == "__MACOSX" or re.match(r"\.[^.]", p) for p in parts) or parts[-1] == "Thumbs.db"


def _check(classes: tuple[str, ...], pictures: list[Member], title: str) -> None:
    if not pictures:
        raise ValueError(
            f"{title} holds no PNG or JPEG in a folder: give a folder of pictures for each class."
        )
    if not 2 <= len(classes) <= MAX_CLASSES:
        raise ValueError(
            f"{title} holds pictures of {len(classes)} class{'es' if len(classes) > 1 else ''}: "
            f"give a folder for each of 2 to {MAX_CLASSES} classes."
        )
    if longest := next((name for name in classes if len(name) > MAX_NAME), ""):
        raise ValueError(
            f"The class {longest[:20]!r}… has a name of {len(longest)} characters: use at most "
            f"{MAX_NAME}."
        )


def _arrays(
    parts: dict[str, tuple[list[Any], list[int]]],
    classes: tuple[str, ...],
    others: list[str],
    title: str,
) -> Arrays:
    counts = {part: len(labels) for part, (_, labels) in parts.items()}
    read = sum(counts.values())
    if read < MIN_PICTURES or any(len(set(labels)) < 2 for _, labels in parts.values()):
        raise ValueError(
            f"{title} holds {read} readable PNG or JPEG pictures: give at least {MIN_PICTURES}, "
            f"and {HOLD_OUT_EVERY} or more of each class, so that some can be used for testing."
        )
    return image_arrays(parts, classes, others, f"{title}: ")
