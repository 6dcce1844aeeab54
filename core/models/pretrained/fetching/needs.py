"""What a real model will take before any of its weights are read: download, disk, memory."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.models.pretrained.fetching.incoming import incoming_path


@dataclass(frozen=True)
class Needs:
    """download, disk, memory in bytes: to fetch, to store, and while a lesson uses the model."""

    family: str
    parameters: int
    download: int
    disk: int
    memory: int
    licence: str


def needs(source: str) -> Needs:
    """What `source` ("smollm2", "hub:OWNER/MODEL" or "incoming:NAME") will take.

    Of a hub model config.json is downloaded, nothing else.
    Errors: ValueError, one sentence: not to be found, of no family, damaged, or too large.
    """
    kind, _, name = source.partition(":")
    if source == "smollm2":
        from core.models.pretrained import smollm2

        count = smollm2.PARAMETERS
        return Needs(
            "LlamaForCausalLM", count, smollm2.WHEEL, 4 * count, 4 * count, smollm2.LICENCE
        )
    if kind == "hub":
        return _of_hub(name)
    if kind == "incoming":
        return _of_incoming(name)
    raise ValueError(f"{source[:80]!r} is not a source of models that a page can use.")


def _of_hub(name: str) -> Needs:
    from core.models.pretrained.fetching import hub
    from core.models.pretrained.files import read_json

    files, licence = hub.sizes(name)
    weights = sum(size for file, size in files.items() if file.endswith(".safetensors"))
    if not weights:
        raise ValueError(
            f"{name} has no *.safetensors file, and no other kind of weights is read; choose "
            "another model."
        )
    with tempfile.TemporaryDirectory() as folder:
        config = read_json(hub.fetch_config(name, Path(folder)))
    return _made(config, sum(files.values()), weights, licence)


def _of_incoming(name: str) -> Needs:
    from core.models.pretrained.convert import plan
    from core.models.pretrained.sources import read_file_or_folder, understood

    source = read_file_or_folder(incoming_path(name))
    family, config, count = understood(source.config)
    plan(family, config, source.tensors.shapes())
    return _made(source.config, 0, count * source.tensors.width(), source.licence)


def _made(values: Mapping[str, Any], download: int, disk: int, licence: str) -> Needs:
    from core.models.pretrained.sources import understood

    family, _, count = understood(values)
    return Needs(family.names[0], count, download, disk, 4 * count, licence)
