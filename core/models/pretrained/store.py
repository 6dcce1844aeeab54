"""The real models of this machine: each a folder in `models` of the data folder.

    NAME/weights.safetensors   our tensors, in the precision of the file they came from
    NAME/weights.json          architecture, configuration, SHA-256 and, in `extra`, the origin
    NAME/tokenizer.json        for a model of text
    NAME/README.md             the card: origin, licence, sizes, checksum

A folder appears when it is complete, in one step. The two files of weights are those of any
checkpoint, so what core/models/identity.py and the schema say of them holds here too.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Generator
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.config.model_config import Config
from core.data.locations import JobProgress, data_folder, sha256_of, staging, wait_for_lock
from core.models.identity import identity_of
from core.models.zoo import LoadedModel, ModelEntry
from core.run_files import schema
from core.run_files.directory import RUN_ID

WEIGHTS = "weights"
_DEVICE = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]")  # of Windows, in every folder


def models_folder() -> Path:
    """The folder of all real models; it is not created here."""
    return data_folder() / "models"


def require_name(name: str) -> str:
    """`name`, if a model may be called that. Errors: ValueError when it may not."""
    if not RUN_ID.fullmatch(name) or _DEVICE.fullmatch(name):
        raise ValueError(
            f"A model cannot be called {name[:80]!r}; use small letters, digits and hyphens, "
            f"and no name that Windows keeps for a device."
        )
    return name


def available(kind: str | None = None) -> list[ModelEntry]:
    """Every real model of this machine by name; damaged ones are left out. No torch is needed."""
    folder = models_folder()
    names = sorted(filter(RUN_ID.fullmatch, os.listdir(folder))) if folder.is_dir() else []
    entries = (entry(name) for name in names)
    return [model for model in entries if model and kind in (None, model.kind)]


def entry(name: str) -> ModelEntry | None:
    """The real model of that name; None when there is none, or its description is damaged."""
    if not RUN_ID.fullmatch(name):
        return None
    folder = models_folder() / name
    try:
        about = description(folder)
        kind = str(about["extra"]["kind"])
        known_as = identity_of(folder, folder / WEIGHTS, kind, str(about["extra"]["origin"]))
        known_as = hashlib.sha256((known_as + _tokenizer_digest(folder)).encode()).hexdigest()
    except (ValueError, OSError, KeyError):
        return None
    return ModelEntry(
        name=name, kind=kind, architecture=about["architecture"],
        data=str(about["extra"]["origin"]), path=folder, weights=folder / WEIGHTS,
        digest=about["sha256"], identity=known_as, shipped=False, held_out={}, real=True,
    )  # fmt: skip


def _tokenizer_digest(folder: Path) -> str:
    path = folder / "tokenizer.json"
    if not path.is_file():
        return ""
    about = path.stat()
    return _digest_as_of(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=64)  # every change of a control lists the models; a tokenizer has some megabytes
def _digest_as_of(path: Path, changed: int, size: int) -> str:
    return sha256_of(path)


def description(folder: Path) -> dict[str, Any]:
    """weights.json, with `extra` always a dictionary. Errors: ValueError, it is damaged."""
    about = schema.read(folder / f"{WEIGHTS}.json", schema.Weights)
    return {**about, "extra": about.get("extra") or {}}


def load_model(model: ModelEntry) -> LoadedModel:
    """Read, verify and build the model: fp32, eval mode. Errors: ValueError, one sentence.

    Weights stored in 32 bits stay in the file and are paged in by the system when they are used.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from core.models.pretrained.convert import parameters, require_memory
    from core.models.pretrained.families import family_named
    from core.models.pretrained.family import filled
    from core.models.pretrained.tokens import SubwordTokenizer

    about, file = description(model.path), model.weights.with_suffix(".safetensors")
    family = family_named(about["architecture"])
    config = family.config.from_dict(about["config"])
    expected = family.shapes(config)
    require_memory(parameters(expected))
    again = f"remove {model.name} and get it again"
    try:
        if sha256_of(file) != about["sha256"]:
            raise ValueError(f"The weights of {model.name} are damaged; {again}.")
        tensors = load_file(file)
    except (OSError, SafetensorError) as error:
        raise ValueError(f"The weights of {model.name} cannot be read; {again}.") from error
    if {name: tuple(tensor.shape) for name, tensor in tensors.items()} != expected:
        raise ValueError(f"The weights of {model.name} do not fit its configuration; {again}.")
    tokenizer = None
    if family.kind == "gpt":
        path = model.path / "tokenizer.json"
        if not path.is_file():
            raise ValueError(f"The tokenizer of {model.name} is missing; {again}.")
        tokenizer = SubwordTokenizer(path.read_bytes().decode("utf-8", "replace"))
        tokenizer.fit(config.vocab_size)  # type: ignore[attr-defined]
    else:
        schema.convert(about["extra"], schema.Pictures)
    network = filled(family.build_empty(config), tensors)
    return LoadedModel(model, network, config, about["extra"], tokenizer)


def write(
    name: str,
    architecture: str,
    config: Config,
    tensors: Any,
    tokenizer: str,
    extra: dict[str, Any],
) -> Generator[JobProgress, None, ModelEntry]:
    """Store a model, complete or not at all; yields progress.

    Errors: ValueError when the name is taken; OSError when the disk is full.
    """
    from safetensors.torch import save_file

    folder = models_folder()
    lock = yield from wait_for_lock(folder, name)
    try:
        require_free(name)
        with staging(folder, name) as temporary:
            model = temporary / name
            model.mkdir()
            yield JobProgress(f"writing {name}", 0, None, "bytes")
            weights = model / f"{WEIGHTS}.safetensors"
            save_file(tensors, weights)
            about = {
                "architecture": architecture, "config": dict(vars(config)),
                "sha256": sha256_of(weights), "extra": extra,
            }  # fmt: skip
            if tokenizer:
                (model / "tokenizer.json").write_text(tokenizer, encoding="utf-8", newline="\n")
            (model / "README.md").write_text(card(name, about), encoding="utf-8", newline="\n")
            (model / f"{WEIGHTS}.json").write_text(
                json.dumps(about, indent=1), encoding="utf-8", newline="\n"
            )
            description(model)  # what cannot be read back is not stored
            os.replace(model, folder / name)
    finally:
        lock.release()
    stored = entry(name)
    assert stored is not None
    return stored


def require_free(name: str) -> None:
    """No model has that name. Errors: ValueError when one has."""
    from core.models import zoo

    require_name(name)
    try:
        exists = (models_folder() / name).exists() or bool(zoo.find_model(name))
    except ValueError:
        exists = False
    if exists:
        raise ValueError(f"There is a model {name} already; choose another name, or remove it.")


def remove(name: str) -> None:
    """Delete a real model. Errors: ValueError when there is none, OSError when it is in use."""
    folder = models_folder() / require_name(name)
    if not folder.is_dir():
        raise ValueError(f"There is no real model {name!r} on this machine.")
    gone = folder.with_name(f".{name}.removed")
    shutil.rmtree(gone, ignore_errors=True)
    try:
        os.replace(folder, gone)
        shutil.rmtree(gone)
    except PermissionError:  # Windows deletes no file that is open
        raise OSError(
            f"The model {name} cannot be removed: a program has its files open, or this user may "
            f"not write there; stop the dashboard, then try again."
        ) from None


def card(name: str, about: dict[str, Any]) -> str:
    """README.md of a stored model: what it is and where it comes from."""
    extra = about["extra"]
    rows = {
        "Architecture": about["architecture"],
        "Parameters": f"{extra['parameters']:,}",
        "Origin": extra["origin"],
        "Licence": extra["licence"] or "not stated",
        "SHA-256 of the source": extra["source_sha256"] or "several files",
        "SHA-256 of weights.safetensors": about["sha256"],
    }
    lines = [f"| {what} | {str(value).replace('|', ' ')} |" for what, value in rows.items()]
    return "\n".join([f"# {name}", "", "| | |", "| --- | --- |", *lines, ""])
