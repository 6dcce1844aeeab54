"""The measurements in assets/measurements: JSON files that are read without torch."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from core.system.atomic_write import write_bytes
from core.system.folders import ASSETS

UNREADABLE = (OSError, ValueError, KeyError, TypeError)  # what a missing or damaged file raises
Record = TypeVar("Record")


def shipped(name: str) -> Path:
    """Where the measurement of this name lies."""
    return ASSETS / "measurements" / f"{name}.json"


def load(path: Path) -> dict[str, Any]:
    """What the file holds. Errors: OSError, ValueError."""
    stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return stored


def load_trained(path: Path, kind: type[Record]) -> tuple[dict[str, Any], list[Record]]:
    """What all trainings of the file share, and a record for each. Errors: those of UNREADABLE."""
    stored = load(path)
    return stored["about"], [kind(**fields) for fields in stored["trained"]]


def save(path: Path, stored: Mapping[str, object], indent: int | None = None) -> None:
    """Replace the file in one step. Errors: OSError."""
    write_bytes(path, (json.dumps(stored, indent=indent) + "\n").encode())
