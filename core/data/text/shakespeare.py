"""Tiny Shakespeare: 40,000 lines of the plays, 7,222 dialogues between blank lines.

The file is Andrej Karpathy's (char-rnn). It is read from disk or downloaded from its well-known
address, and accepted only with the right SHA-256.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from pathlib import Path

from core.data.download import fetch
from core.data.locations import (
    JobProgress,
    MissingDataError,
    data_folder,
    sha256_of,
    staging,
    wait_for_lock,
)
from core.data.text.dialogues import DialogueData, dialogue_data, split_dialogues
from core.system.command import typed

URL = "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt"
SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
MAX_BYTES = 2_000_000
FILE_NAME = "tinyshakespeare.txt"
NAMES = (FILE_NAME, "input.txt")
COMMAND = typed("data get shakespeare")


def find(data_dir: str | Path | None = None) -> Path | None:
    """The file in `data_dir` (default: the data folder), or None. `data_dir` may be the file."""
    folder = data_folder() if data_dir is None else Path(data_dir)
    candidates = [folder, *(folder / name for name in NAMES)]
    return next((path for path in candidates if path.is_file()), None)


def locate(data_dir: str | Path | None = None) -> Path:
    """As `find`, but raises MissingDataError when there is none."""
    path = find(data_dir)
    if path is None:
        where = "the data folder" if data_dir is None else data_dir  # no path of a server's disk
        raise MissingDataError(f"Tiny Shakespeare is not in {where}; get it with {COMMAND}")
    return path


def load(data_dir: str | Path | None = None, held_out: float = 0.1) -> DialogueData:
    """The 7,222 dialogues, the last `held_out` (a share) for testing.

    Raises MissingDataError when no file is there, ValueError when it is another text.
    """
    path = locate(data_dir)
    check(path)
    text = path.read_text(encoding="utf-8")
    dialogues = split_dialogues(text)
    note = f"Tiny Shakespeare: {len(dialogues):,} dialogues."
    return dialogue_data("shakespeare", text, dialogues, held_out, note)


def check(path: Path) -> None:
    """Raises ValueError unless the file is Tiny Shakespeare, byte for byte."""
    digest = sha256_of(path)
    if digest != SHA256:
        raise ValueError(
            f"{path.name} is not Tiny Shakespeare (its SHA-256 begins {digest[:12]}, not "
            f"{SHA256[:12]}); get the right file with {COMMAND}"
        )


def obtain(source: str | Path | None = None) -> Generator[JobProgress, None, Path]:
    """Store the file in the data folder; yields progress in bytes, returns its path.

    source   a copy of the file, or a folder with one; without it the file is downloaded

    Raises DownloadError, MissingDataError (no such copy) or ValueError (another text).
    """
    target = data_folder() / FILE_NAME
    if source is None:
        return (yield from fetch(URL, target, SHA256, MAX_BYTES))
    copy = find(source)
    if copy is None:
        raise MissingDataError(f"Tiny Shakespeare is not in {source}; download it with {COMMAND}")
    check(copy)
    lock = yield from wait_for_lock(target.parent, target.name)
    try:
        with staging(target.parent, target.name) as temporary:
            shutil.copyfile(copy, temporary / FILE_NAME)
            os.replace(temporary / FILE_NAME, target)
    finally:
        lock.release()
    return target
