"""The folder from which a page may take models, by name and never by path."""

from __future__ import annotations

import re
from pathlib import Path

from core.data.locations import data_folder

INCOMING = re.compile(r"[A-Za-z0-9][\w.-]{0,95}")
MAX_LISTED = 200


def incoming_folder() -> Path:
    """Where the owner of the machine puts models that a page may take; it is not created here."""
    return data_folder() / "incoming"


def incoming() -> list[str]:
    """The folders and .gguf files in it that a page offers, by name."""
    folder = incoming_folder()
    if not folder.is_dir():
        return []
    paths = (path for path in folder.iterdir() if path.is_dir() or path.suffix == ".gguf")
    return sorted(path.name for path in paths if INCOMING.fullmatch(path.name))[:MAX_LISTED]


def incoming_path(name: str) -> Path:
    """The model of that name in the folder. Errors: ValueError when there is none; no paths."""
    if name not in incoming():
        raise ValueError(f"There is no model {name[:80]!r} in {incoming_folder().name}.")
    return incoming_folder() / name
