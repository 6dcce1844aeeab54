"""The manifest of a finished run: size and SHA-256 of each file, so that any change is noticed.

seal.json   {"files": {name: [bytes, sha256]}, "self": sha256 of "files"}
"""

import hashlib
import json
from pathlib import Path

from core.run_files import schema
from core.run_files.directory import RunDirectory, replace_json

MAX_QUICK = 4_000_000  # bytes; larger files are read in a thorough check only


def write(run: RunDirectory) -> None:
    """Write the manifest of the run as it is now."""
    _store(run, {name: _measure(run.path / name) for name in _names(run)})


def refresh(run: RunDirectory, name: str) -> None:
    """Update the entry of one file that was changed on purpose, where there is a valid manifest."""
    files = _read(run)
    if files is not None:
        _store(run, {**files, name: _measure(run.path / name)})


def check(run: RunDirectory, thorough: bool = False) -> list[str]:
    """What differs from the manifest, one sentence a file; empty for a run without one.

    thorough: read the weights too, otherwise only their size is compared.
    """
    if not (run.path / "seal.json").exists():
        return []
    files = _read(run)
    if files is None:
        return ["seal.json is damaged, so the other files cannot be checked."]
    changes = []
    for name, (size, digest) in sorted(files.items()):
        path = run.path / name
        if not path.is_file():
            changes.append(f"{name} is missing.")
        elif path.stat().st_size != size:
            changes.append(f"{name} is damaged: it has {path.stat().st_size} bytes, not {size}.")
        elif (thorough or size <= MAX_QUICK) and _measure(path)[1] != digest:
            changes.append(f"{name} is damaged: its SHA-256 is not the one in seal.json.")
    return changes


def remove(run: RunDirectory) -> None:
    """Delete the manifest of a run that is resumed: its files will change."""
    (run.path / "seal.json").unlink(missing_ok=True)


def _names(run: RunDirectory) -> list[str]:
    names = []
    for path in run.path.rglob("*"):
        name = path.relative_to(run.path).as_posix()
        if path.is_file() and not any(part.startswith(".") for part in Path(name).parts):
            names.append(name)
    return sorted(name for name in names if name != "seal.json" and not name.startswith("control/"))


def _measure(path: Path) -> tuple[int, str]:
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return path.stat().st_size, digest


def _store(run: RunDirectory, files: dict[str, tuple[int, str]]) -> None:
    replace_json(run.path / "seal.json", {"files": files, "self": _self(files)})


def _read(run: RunDirectory) -> dict[str, tuple[int, str]] | None:
    try:
        about = schema.read(run.path / "seal.json", schema.Manifest)
    except ValueError:
        return None
    return about["files"] if about["self"] == _self(about["files"]) else None


def _self(files: dict[str, tuple[int, str]]) -> str:
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
