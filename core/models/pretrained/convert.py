"""From the tensors of a file to the tensors of our model, checked before anything is read."""

from __future__ import annotations

import math
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import psutil
import torch
from torch import Tensor

from core.config.model_config import Config
from core.models.pretrained.family import Family, Made, stacked
from core.models.pretrained.files import Tensors

Shape = tuple[int, ...]


def parameters(shapes: Mapping[str, Shape]) -> int:
    """How many numbers tensors of these shapes hold."""
    return sum(math.prod(shape) for shape in shapes.values())


def require_memory(count: int) -> None:
    """The memory of the machine holds `count` numbers of 32 bits. Errors: ValueError."""
    free = psutil.virtual_memory().available
    if 4 * count > free:
        raise ValueError(
            f"This model has {count / 1e9:,.1f} billion parameters and needs "
            f"{4 * count / 1e9:,.1f} GB of memory, but {free / 1e9:,.1f} GB are "
            "free; choose a smaller model."
        )


def require_disk(needed: int, folder: Path) -> None:
    """The disk of the folder has room for `needed` bytes. Errors: ValueError with both sizes."""
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise ValueError(
            f"This model needs {needed / 1e9:,.1f} GB of disk, but {free / 1e9:,.1f} GB are free; "
            "make room, or choose a smaller model."
        )


def plan(family: Family, config: Config, shapes: Mapping[str, Shape]) -> dict[str, Made]:
    """For each tensor of our model: how it is made, in the names that the file really uses.

    shapes: those of the tensors in the file, by name.
    Errors: ValueError naming the first tensor that is missing, too many or of another shape.
    """
    made: dict[str, Made] = {}
    used: set[str] = set()
    for name, shape in family.shapes(config).items():
        change, *names = family.made_of(name)
        theirs = tuple(_as_stored(their, family.prefix, shapes) for their in names)
        used.update(theirs)
        parts = [shapes[their] for their in theirs]
        if not _fits(change, parts, shape, config):
            sizes = ", ".join(f"{t} {list(shapes[t])}" for t in theirs)
            raise ValueError(
                f"These weights do not fit their config.json: {sizes[:300]} cannot make a tensor "
                f"of the shape {list(shape)}."
            )
        made[name] = (change, *theirs)
    tied = "lm_head.weight" if getattr(config, "tied", False) else ""
    for name in sorted(shapes.keys() - used):
        if name != tied and not re.fullmatch(family.unused, name):
            raise ValueError(
                f"The file holds {name[:80]}, which a {family.names[0]} of this config.json does "
                "not have."
            )
    return made


def _as_stored(name: str, prefix: str, shapes: Mapping[str, Shape]) -> str:
    short = name.removeprefix(prefix)
    for spelling in (name, short):
        if spelling in shapes:
            return spelling
    raise ValueError(f"The tensor {name[:80]} is missing; get all files of the model.")


def _fits(change: object, parts: list[Shape], shape: Shape, config: Config) -> bool:
    """Whether parts of these shapes make a tensor of that shape.

    Queries, keys and values have their own numbers of rows. Nothing is stacked here: on the meta
    device that would load torch's compiler, for 2 seconds.
    """
    if change is stacked:
        groups = getattr(config, "num_kv_heads", getattr(config, "num_heads", 0))
        rows = groups * config.attn_dim  # type: ignore[attr-defined]
        fit = all(len(part) == len(shape) and part[1:] == shape[1:] for part in parts)
        keys = {part[:1] for part in parts[1:]}
        return fit and keys == {(rows,)} and sum(part[0] for part in parts) == shape[0]
    try:
        made: Tensor = change(*(torch.empty(part, device="meta") for part in parts))  # type: ignore[operator]
    except (RuntimeError, IndexError):
        return False
    return tuple(made.shape) == shape


def convert(made: Mapping[str, Made], tensors: Tensors) -> dict[str, Tensor]:
    """Our tensors, read and changed as planned, in the precision of the file.

    Errors: ValueError when a number is not finite, or a file cannot be read.
    """
    ours = {}
    for name, (change, *theirs) in made.items():
        tensor = change(*(tensors.get(their) for their in theirs)).contiguous()
        if not tensor.isfinite().all():
            raise ValueError(f"{theirs[0]} holds numbers that are not finite; get the file again.")
        ours[name] = tensor.clone() if tensor.untyped_storage().nbytes() > tensor.nbytes else tensor
    return ours
