"""Data that a user gave on a page: a text, or a zip of class folders, stored under its checksum.

    own-pets-3fa9c1d2e4f5a6b7    the name of such data, in a run's specification as in a link

Only the checksum at its end says where the data is; names from the file are never paths. The same
file given again is the same data. Pictures are stored as small squares only, texts as they came.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Generator
from functools import partial
from typing import BinaryIO

import numpy as np

from core.data.array_cache import Arrays, find, keys, prepare
from core.data.images.arrays import ImageData
from core.data.images.picture_zip import read_zip
from core.data.locations import JobProgress, MissingDataError, data_folder
from core.data.text.dialogues import DialogueData, own_text

NAME = re.compile(r"own-[a-z0-9-]{1,24}-([0-9a-f]{16})")
MAX_BYTES = 25_000_000  # of a file
MAX_STORED = 1_000_000_000  # bytes of all own data together


def add(file: BinaryIO, title: str, kind: str) -> Generator[JobProgress, None, str]:
    """Check and store the data of a file called `title`; returns the name of the data.

    kind: "gpt" for a text, "vit" or "cnn" for a zip of pictures. Errors: ValueError, one sentence;
    nothing is stored then.
    """
    content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"{title} is larger than {MAX_BYTES // 10**6} MB: use less data.")
    what = "dialogues" if kind == "gpt" else "images"
    key = f"own-{hashlib.sha256(what.encode() + content).hexdigest()[:16]}"
    if find(key) is None and _stored() > MAX_STORED:
        raise ValueError(
            f"The data folder holds more than {MAX_STORED // 10**9} GB of own data: whoever runs "
            "the dashboard can delete some of it."
        )
    build = _text if what == "dialogues" else read_zip
    yield from prepare(key, partial(build, content, title))
    if find(key) is None:
        raise ValueError("The data cannot be stored: the data folder cannot be written.")
    stem = re.sub(r"[^a-z0-9]+", "-", title.rpartition(".")[0].lower()).strip("-")[:24].strip("-")
    return f"own-{stem or 'data'}-{key.removeprefix('own-')}"


def _text(content: bytes, title: str) -> Generator[JobProgress, None, Arrays]:
    data = own_text(content, title)
    yield JobProgress(f"reading {title}", len(content), len(content), "bytes")
    return Arrays({"text": np.frombuffer(content, np.uint8)}, {"title": title, "note": data.note})


def _stored() -> int:
    folder = data_folder() / "prepared"
    return sum(f.stat().st_size for key in keys("own-") for f in (folder / key).glob("*.npy"))


def is_own(name: str) -> bool:
    """Whether this is a name of such data, here or not."""
    return NAME.fullmatch(name) is not None


def _read(name: str, array: str) -> Arrays:
    """Errors: MissingDataError when no such data with that array is here."""
    match = NAME.fullmatch(name)
    stored = find(f"own-{match[1]}") if match else None
    if stored is None or array not in stored.arrays:
        raise MissingDataError(
            f"The data {name!r} is not on this machine: upload its file again on the Train page."
        )
    return stored


def note(name: str) -> str:
    """A sentence about the data. Errors: MissingDataError."""
    return str((find(f"own-{name[-16:]}") or Arrays({}, {})).about.get("note", ""))


def require(name: str, images: bool) -> None:
    """Errors: MissingDataError when there is no such data of that kind here."""
    _read(name, "train_images" if images else "text")


def images(name: str) -> ImageData:
    """The pictures of that name. Errors: MissingDataError."""
    return ImageData.of(name, _read(name, "train_images"))


def dialogues(name: str, held_out: float) -> DialogueData:
    """The text of that name. Errors: MissingDataError, ValueError."""
    stored = _read(name, "text")
    data = own_text(stored.arrays["text"].tobytes(), str(stored.about["title"]), held_out)
    return DialogueData(name, data.train, data.held_out, data.checksum, data.note)
