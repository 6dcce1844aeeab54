"""Prepared arrays: what took seconds to read is kept as .npy files in the data folder.

`prepared/<key>/` holds one .npy file an array and `about.json`. The key contains the checksum of
the source, so a changed source never meets old arrays. Loading maps the files (copy on write):
nothing is read before it is used, and processes share the pages.
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

from core.data.locations import Progress, data_folder, staging, wait_for_lock

Build = Callable[[], Generator[Progress, None, "Arrays"]]


@dataclass(frozen=True, eq=False)
class Arrays:
    """Named arrays and a few words about them (`about`: only what JSON can hold)."""

    arrays: dict[str, NDArray[Any]]
    about: dict[str, Any]


def find(key: str) -> Arrays | None:
    """The arrays kept under `key`, or None when there are none or they are damaged."""
    place = data_folder() / "prepared" / key
    try:
        about = json.loads((place / "about.json").read_text(encoding="utf-8"))
        arrays = {
            name: np.asarray(np.load(place / f"{name}.npy", mmap_mode="c"))
            for name in about.pop("arrays")
        }
    except (OSError, ValueError, KeyError, EOFError):
        return None
    return Arrays(arrays, about)


def keys(prefix: str) -> list[str]:
    """Keys kept that begin with `prefix`, newest first."""
    places = [p for p in (data_folder() / "prepared").glob(f"{prefix}*") if p.is_dir()]
    return [p.name for p in sorted(places, key=lambda p: p.stat().st_mtime, reverse=True)]


def prepare(key: str, build: Build) -> Generator[Progress, None, Arrays]:
    """The arrays under `key`; built once if they are not there, by one process at a time.

    Where the data folder cannot be written, the arrays are built in memory and not kept.
    """
    if (kept := find(key)) is not None:
        return kept
    folder = data_folder() / "prepared"
    try:
        lock = yield from wait_for_lock(folder, key)
    except OSError:
        return (yield from build())
    try:
        if (kept := find(key)) is not None:
            return kept
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


def _write(place: Path, built: Arrays) -> None:
    for name, array in built.arrays.items():
        with (place / f"{name}.npy").open("wb") as file:
            np.save(file, array, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
    about = json.dumps({**built.about, "arrays": sorted(built.arrays)}, indent=1)
    (place / "about.json").write_text(about, encoding="utf-8")
    place.chmod(0o755)
