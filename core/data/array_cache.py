"""Cache of prepared arrays: what takes seconds to read is stored as .npy files in the data folder.

`prepared/<key>/` holds one .npy file per array and `about.json`. The key contains the checksum of
the source, so a changed source never yields old arrays. The files are memory-mapped (copy on
write): data is read when it is used, and processes share the pages.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.locations import JobProgress, data_folder, staging, wait_for_lock

Build = Callable[[], Generator[JobProgress, None, "Arrays"]]


@dataclass(frozen=True, eq=False)
class Arrays:
    """Named arrays and metadata (`about`: JSON values)."""

    arrays: dict[str, NDArray[Any]]
    about: dict[str, Any]


def find(key: str) -> Arrays | None:
    """The arrays stored under `key`, or None when there are none or they are damaged."""
    folder = data_folder() / "prepared" / key
    try:
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        arrays = {
            name: np.asarray(np.load(folder / f"{name}.npy", mmap_mode="c"))
            for name in about.pop("arrays")
        }
    except (OSError, ValueError, KeyError, EOFError):
        return None
    return Arrays(arrays, about)


def keys(prefix: str) -> list[str]:
    """The stored keys that begin with `prefix`, newest first."""
    folders = [p for p in (data_folder() / "prepared").glob(f"{prefix}*") if p.is_dir()]
    return [p.name for p in sorted(folders, key=lambda p: p.stat().st_mtime, reverse=True)]


def prepare(key: str, build: Build) -> Generator[JobProgress, None, Arrays]:
    """The arrays under `key`; if there are none, one process builds and stores them.

    Where the data folder cannot be written, the arrays are built in memory and not stored.
    """
    if (cached := find(key)) is not None:
        return cached
    folder = data_folder() / "prepared"
    try:
        lock = yield from wait_for_lock(folder, key)
    except OSError:
        return (yield from build())
    try:
        if (cached := find(key)) is not None:
            return cached
        built = yield from build()
        try:
            with staging(folder, key) as temporary:
                _write(temporary, built)
                shutil.rmtree(folder / key, ignore_errors=True)
                os.replace(temporary, folder / key)
        except OSError:
            return built
        return find(key) or built
    finally:
        lock.release()


def _write(folder: Path, built: Arrays) -> None:
    for name, array in built.arrays.items():
        with (folder / f"{name}.npy").open("wb") as file:
            np.save(file, array, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
    about = json.dumps({**built.about, "arrays": sorted(built.arrays)}, indent=1)
    (folder / "about.json").write_text(about, encoding="utf-8", newline="\n")
    folder.chmod(0o755)
