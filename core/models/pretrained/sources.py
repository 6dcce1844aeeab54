"""From a folder, a GGUF file, a hub name or `smollm2` to a stored model."""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.data.locations import JobProgress, staging, wait_for_lock
from core.models.pretrained import store
from core.models.pretrained.fetching import hub
from core.models.pretrained.fetching.incoming import incoming_path
from core.models.pretrained.files import Source, read_folder, read_json
from core.models.zoo import ModelEntry

if TYPE_CHECKING:
    from core.config.model_config import Config
    from core.models.pretrained.family import Family

SCALE = [0.5, 0.5, 0.5]  # mean and deviation of pixels where the files state none


def obtain(source: str, name: str = "") -> Generator[JobProgress, None, ModelEntry]:
    """Get the model `source` and store it as `name`; yields progress, returns its entry.

    source: "smollm2", a folder, a .gguf file, or OWNER/MODEL of the hub; from a page "hub:" with
    such a name, or "incoming:" with a name in the folder `incoming`: neither is ever a path.
    name: "" takes the last part of `source`.
    Errors: ValueError or OSError, one sentence, with nothing stored.
    """
    name = store.require_name(name or default_name(source))
    store.require_free(name)
    kind, _, rest = source.partition(":")
    if kind == "hub":
        return (yield from _download(rest, name))
    path = incoming_path(rest) if kind == "incoming" else Path(source).expanduser()
    if source == "smollm2" or not (os.path.isdir(path) or os.path.isfile(path) or path.suffix):
        return (yield from _download(source, name))
    return (yield from keep(name, read_file_or_folder(path)))


def _download(source: str, name: str) -> Generator[JobProgress, None, ModelEntry]:
    """Download into a folder that is removed at the end, after leftovers of killed processes."""
    folder, part = _made(store.models_folder()), f"get-{name}"
    lock = yield from wait_for_lock(folder, part)
    try:
        with staging(folder, part) as incoming:
            if source == "smollm2":
                from core.models.pretrained import smollm2

                file = yield from smollm2.fetch(incoming)
                contents = read_gguf(file, smollm2.ORIGIN, smollm2.LICENCE)
            else:
                contents = read_folder((yield from from_hub(source, incoming)), source)
            return (yield from keep(name, contents))
    finally:
        lock.release()


def default_name(source: str) -> str:
    """A name made of the last part of a path or hub name."""
    last = Path(source.rpartition(":")[2]).name.removesuffix(".gguf").lower()
    return re.sub(r"[^a-z0-9]+", "-", last).strip("-")[:80]


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def read_file_or_folder(path: Path) -> Source:
    """What a folder of Hugging Face files or a GGUF file holds. Errors: ValueError."""
    if os.path.isdir(path):  # False for what no path can be
        return read_folder(path)
    if path.suffix == ".gguf" and os.path.isfile(path):
        return read_gguf(path, path.name)
    if not os.path.isfile(path):
        raise ValueError(f"There is no file or folder {path.name[:80]!r}.")
    raise ValueError(
        f"{path.name} is not a model that can be opened; give a folder with config.json and "
        "*.safetensors, or a .gguf file."
    )


def read_gguf(path: Path, origin: str, licence: str = "") -> Source:
    """What a GGUF file holds; its reader is imported when it is needed."""
    from core.models.pretrained import gguf_file

    return gguf_file.read(path, origin, licence)


def keep(name: str, source: Source) -> Generator[JobProgress, None, ModelEntry]:
    """Check a source, convert it and store it; yields progress. Errors: ValueError, OSError."""
    from core.models.pretrained.convert import convert, plan, require_disk

    family, config, count = understood(source.config)
    made = plan(family, config, source.tensors.shapes())
    require_disk(count * source.tensors.width(), _made(store.models_folder()))
    extra: dict[str, Any] = {
        "kind": family.kind,
        "origin": source.origin[:300],
        "licence": source.licence[:300],
        "source_sha256": source.checksum,
        "parameters": count,
    }
    if family.kind == "gpt":
        _require_tokenizer(source.tokenizer, vars(config)["vocab_size"])
    else:
        extra |= pixels(source.config, source.pixels, vars(config)["nout"])
    yield JobProgress(f"converting {name}", 0, None, "bytes")
    tensors = convert(made, source.tensors)
    text = source.tokenizer if family.kind == "gpt" else ""
    return (yield from store.write(name, family.names[0], config, tensors, text, extra))


def understood(values: Mapping[str, Any]) -> tuple[Family, Config, int]:
    """The family, the configuration and the number of parameters that a config.json asks for.

    Errors: ValueError: of no family, not usable, or larger than the memory that is free.
    """
    from core.models.pretrained.convert import parameters, require_memory
    from core.models.pretrained.families import family_of

    family = family_of(values)
    try:
        config = family.read(values)
    except TypeError as error:
        raise ValueError(f"config.json has a value of the wrong type: {error}.") from error
    count = parameters(family.shapes(config))
    require_memory(count)
    return family, config, count


def _require_tokenizer(text: str, vocab_size: int) -> None:
    from core.models.pretrained.tokens import SubwordTokenizer

    if not text:
        raise ValueError(
            "The model has no tokenizer.json; save its tokenizer there with transformers, "
            "AutoTokenizer.from_pretrained(OLD).save_pretrained(NEW)."
        )
    SubwordTokenizer(text).fit(vocab_size)


def pixels(config: Mapping[str, Any], about: Mapping[str, Any], outputs: int) -> dict[str, Any]:
    """The classes of a model of images, and the scale of its pixels, as any checkpoint has them.

    Errors: ValueError when they do not fit the model.
    """
    names = config.get("id2label") or config.get("label_names") or {}
    timm = config.get("pretrained_cfg")
    about = timm if isinstance(timm, Mapping) else about
    if isinstance(names, Mapping):
        names = [names.get(str(i), f"class {i}") for i in range(outputs)]
    from core.run_files import schema

    extra = {
        "classes": [str(name)[:300] for name in names],
        "mean": about.get("image_mean") or about.get("mean") or SCALE,
        "std": about.get("image_std") or about.get("std") or SCALE,
    }
    try:
        schema.convert(extra, schema.Pictures)
    except ValueError as error:
        raise ValueError(f"The scale of the pixels is not usable: {error}.") from error
    if len(extra["classes"]) != outputs:
        raise ValueError(
            f"config.json names {len(extra['classes'])} classes, but the model has {outputs}."
        )
    return extra


def from_hub(name: str, folder: Path) -> Generator[JobProgress, None, Path]:
    """Download the files of a hub model into `place`, config.json first: a model that cannot be
    used is refused before its weights are downloaded. Errors: ValueError, one sentence."""
    yield JobProgress(f"asking the hub for {name[:200]}", 0, None, "bytes")
    _, _, count = understood(read_json(hub.fetch_config(name, folder)))
    return (yield from hub.fetch(name, folder, f"fetching {name}, {count / 1e6:,.0f} M parameters"))
