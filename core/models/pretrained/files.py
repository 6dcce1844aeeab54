"""A folder as Hugging Face stores a model: config.json, *.safetensors, tokenizer.json.

Reading it opens the headers only; a tensor is read when it is needed. Names of shards are names
of files in the folder, never paths, and nothing but safetensors is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from safetensors import SafetensorError, safe_open

from core.run_files import schema

if TYPE_CHECKING:
    from torch import Tensor

MAX_JSON = 5_000_000  # bytes of a configuration or an index
MAX_TOKENIZER = 100_000_000
SHARD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}\.safetensors")
FLOATS = ("F32", "F16", "BF16")
PICKLES = (".bin", ".pt", ".pth", ".pkl", ".ckpt")


class Tensors(Protocol):
    """Tensors of a file by name, read one at a time."""

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each, from the header."""

    def get(self, name: str) -> Tensor:
        """One tensor."""

    def width(self) -> int:
        """The most bytes that a number of them needs: 2 or 4."""


@dataclass(frozen=True)
class Source:
    """A model as it was found: what converting needs, and what its card says.

    config      of config.json, or the same made from the header of a GGUF file
    tokenizer   the text of tokenizer.json, "" where there is none
    pixels      of preprocessor_config.json, {} for a model of text
    """

    config: Mapping[str, Any]
    tensors: Tensors
    tokenizer: str
    origin: str
    licence: str
    checksum: str = ""
    pixels: Mapping[str, Any] = field(default_factory=dict)


class SafetensorsFolder:
    """The safetensors files of a folder, one or many. Errors: ValueError, one sentence."""

    def __init__(self, folder: Path):
        self._place: dict[str, Path] = {}
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._width = 2
        with ExitStack() as files:
            for path in shards(folder):
                for name, part in _header(path, files).items():
                    dtype = part.get_dtype()
                    if dtype not in FLOATS:
                        raise ValueError(
                            f"{name[:80]} is stored as {dtype}; supported are {', '.join(FLOATS)}."
                        )
                    self._place[name], self._shapes[name] = path, tuple(part.get_shape())
                    self._width = max(self._width, 4 if dtype == "F32" else 2)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each tensor, from the headers."""
        return self._shapes

    def width(self) -> int:
        """Bytes of a number: 4 when any tensor has 32 bits, else 2."""
        return self._width

    def get(self, name: str) -> Tensor:
        """One tensor, read now."""
        try:
            with safe_open(self._place[name], framework="pt") as file:
                tensor: Tensor = file.get_tensor(name)
                return tensor
        except (OSError, SafetensorError) as error:
            raise ValueError(f"{self._place[name].name} cannot be read: {error}.") from error


def _header(path: Path, files: ExitStack) -> dict[str, Any]:
    try:
        file = files.enter_context(safe_open(path, framework="pt"))
        return {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except FileNotFoundError as error:
        raise ValueError(f"The file {path.name} is missing; get all files of the model.") from error
    except (OSError, SafetensorError) as error:
        raise ValueError(
            f"{path.name} is incomplete or no safetensors file ({str(error)[:100]}); get it again."
        ) from error


def shards(folder: Path) -> list[Path]:
    """The files with the weights. Errors: ValueError, none, or an index that names other paths."""
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        names = read_json(index).get("weight_map")
        if not isinstance(names, dict) or not names:
            raise ValueError(
                f"{index.name} has no weight_map, which names the file of each tensor."
            )
        files = {str(name) for name in names.values()}
        for name in files:
            if not SHARD.fullmatch(name):
                raise ValueError(
                    f"{index.name} names {name[:80]!r}, which is no safetensors file of the folder."
                )
        return [folder / name for name in sorted(files)]
    if (folder / "model.safetensors").is_file():
        return [folder / "model.safetensors"]
    paths = sorted(path for path in folder.iterdir() if path.suffix == ".safetensors")
    if len(paths) == 1:
        return paths
    if paths:
        raise ValueError(
            f"{folder.name} has {len(paths)} safetensors files and no {index.name}; add the index."
        )
    raise ValueError(refuse_pickle(folder) or f"{folder.name} has no *.safetensors file.")


def refuse_pickle(folder: Path) -> str:
    """The sentence for a folder whose weights are a pickle; "" when it has none."""
    pickles = [path.name for path in sorted(folder.iterdir()) if path.suffix in PICKLES]
    if not pickles:
        return ""
    return (
        f"{pickles[0]} is a pickle, which can run code when it is opened, so it is not read; "
        "convert it where you trust it, with transformers: "
        "AutoModel.from_pretrained(OLD).save_pretrained(NEW) writes safetensors."
    )


def read_folder(folder: Path, origin: str = "") -> Source:
    """What a folder holds. Errors: ValueError, one sentence."""
    if not (folder / "config.json").is_file():
        raise ValueError(
            refuse_pickle(folder)
            or f"{folder.name} has no config.json, so it is not a model folder."
        )
    pixels = folder / "preprocessor_config.json"
    return Source(
        config=read_json(folder / "config.json"),
        tensors=LazyTensors(folder),
        tokenizer=read_tokenizer(folder),
        origin=origin or folder.name,
        licence=_licence(folder),
        pixels=read_json(pixels) if pixels.is_file() else {},
    )


class LazyTensors(SafetensorsFolder):
    """Opens nothing until it is needed, so that a model that is too large is refused before."""

    def __init__(self, folder: Path):
        self._folder, self._opened = folder, False

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each tensor, from the headers."""
        if not self._opened:
            super().__init__(self._folder)
            self._opened = True
        return self._shapes


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object. Errors: ValueError, one sentence."""
    value: dict[str, Any] = _read(path, dict[str, Any], MAX_JSON)
    return value


def _read(path: Path, kind: Any, limit: int) -> Any:
    try:
        if path.stat().st_size > limit:
            raise ValueError(f"{path.name} has more than {limit:,} bytes and is not read.")
        data = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path.name} cannot be read: {error.strerror}.") from error
    try:
        return schema.decode(data, kind)
    except ValueError as error:
        raise ValueError(f"{path.name} is damaged: {error}.") from error


def read_tokenizer(folder: Path) -> str:
    """The text of tokenizer.json, or the same from vocab.json and merges.txt; "" without both."""
    path, vocab, merges = (folder / n for n in ("tokenizer.json", "vocab.json", "merges.txt"))
    if path.is_file():
        if path.stat().st_size > MAX_TOKENIZER:
            raise ValueError(f"{path.name} has more than {MAX_TOKENIZER:,} bytes and is not read.")
        return path.read_bytes().decode("utf-8", "replace")
    if not vocab.is_file() or not merges.is_file():
        return ""
    from core.models.pretrained.tokens import byte_level_json

    ids = _read(vocab, dict[str, int], MAX_TOKENIZER)
    if merges.stat().st_size > MAX_TOKENIZER:
        raise ValueError(f"{merges.name} has more than {MAX_TOKENIZER:,} bytes and is not read.")
    lines = merges.read_bytes().decode("utf-8", "replace").split("\n")
    pairs = [line.rstrip("\r") for line in lines if line and not line.startswith("#version")]
    special = [word for word in ids if word == "<|endoftext|>"]
    return byte_level_json(ids, pairs, special)


def _licence(folder: Path) -> str:
    """The licence that the model's README.md states in its header; "" when it states none."""
    readme = folder / "README.md"
    if not readme.is_file():
        return ""
    with readme.open("rb") as file:
        head = file.read(20_000).decode("utf-8", "replace")
    stated = re.search(r"^license:[ \t]*([\w.+ -]{1,60})$", head, re.MULTILINE)
    return stated[1].strip() if head.startswith("---") and stated else ""
