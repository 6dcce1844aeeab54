"""A checkpoint is two files: NAME.safetensors (numbers only) and NAME.json (what they mean).

The JSON names the architecture, its configuration and the SHA-256 of the weights. Both files are
written to a temporary name, synced, then renamed, the JSON last: a checkpoint without a JSON does
not exist. Nothing in either file is ever executed.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as tensors_from_bytes, save as tensors_to_bytes
from torch import Tensor, nn

from core.config.model_config import ModelConfig, config_for
from core.models.registry import build
from core.run_files import schema
from core.run_files.pooling import architecture_of
from core.system.atomic_write import write_bytes
from core.system.meta_device import Undrawn, shapes_only

# Sizes that no tensor shows: they only set the size of a table, a cache or a picture.
NOT_IN_WEIGHTS = {"max_N": 10_000, "img_size": 1024}


class CheckpointError(ValueError):
    """The checkpoint cannot be used; the message says which file and why, in one sentence."""


@dataclass(frozen=True)
class Checkpoint:
    """What `read_checkpoint` found: verified tensors and the JSON beside them."""

    architecture: str
    config: ModelConfig
    tensors: dict[str, Tensor]
    extra: dict[str, Any]


def write_checkpoint(
    path: Path,
    architecture: str,
    config: ModelConfig,
    tensors: dict[str, Tensor],
    extra: dict[str, Any] | None = None,
) -> None:
    """Write path.safetensors and path.json; `extra` is any JSON a reader may want.

    Errors: OSError when the folder cannot be written or the disk is full; no old file is harmed.
    """
    data = tensors_to_bytes({name: t.detach().cpu().contiguous() for name, t in tensors.items()})
    about = {
        "architecture": architecture,
        "config": asdict(config),
        "sha256": hashlib.sha256(data).hexdigest(),
        "extra": extra or {},
    }
    write_bytes(path.with_suffix(".safetensors"), data)
    write_bytes(path.with_suffix(".json"), json.dumps(about, indent=1).encode())


def read_checkpoint(path: Path) -> Checkpoint:
    """Read and verify path.safetensors and path.json.

    Errors: CheckpointError when a file is missing, truncated, altered, or not what it says it is.
    """
    weights, about_path = path.with_suffix(".safetensors"), path.with_suffix(".json")
    try:
        for part in (about_path, weights):
            part.stat()
        about = schema.read(about_path, schema.Weights)
        data = weights.read_bytes()
    except FileNotFoundError as error:
        name = Path(error.filename).name
        raise CheckpointError(f"The checkpoint file {name} is missing.") from error
    except OSError as error:
        raise CheckpointError(f"{weights.name} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise CheckpointError(str(error)) from error
    if hashlib.sha256(data).hexdigest() != about["sha256"]:
        raise CheckpointError(
            f"{weights.name} is damaged: its SHA-256 differs from the one in {about_path.name}; "
            "use another checkpoint of this run, or train again."
        )
    try:
        tensors = tensors_from_bytes(data)
    except (SafetensorError, ValueError) as error:
        raise CheckpointError(f"{weights.name} is not a safetensors file: {error}.") from error
    architecture = architecture_of(about["architecture"], path)
    try:
        config = config_for(architecture, about["config"])
    except ValueError as error:
        raise CheckpointError(
            f"{about_path.name} has no usable configuration: {str(error).rstrip('.')}."
        ) from error
    return Checkpoint(architecture, config, tensors, about.get("extra") or {})


def model_from(checkpoint: Checkpoint) -> nn.Module:
    """The model with the weights named `model.*`, fp32, in eval mode, on the CPU.

    Errors: CheckpointError when names or shapes are not those of the architecture.
    """
    require_fit(checkpoint)
    weights = {
        name.removeprefix("model."): t.float() if t.is_floating_point() else t
        for name, t in checkpoint.tensors.items()
        if name.startswith("model.")
    }
    with torch.random.fork_rng(devices=[]), Undrawn():
        model = build(checkpoint.architecture, checkpoint.config)
    own = model_tensors(model)
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(weights[name])
    return model.eval()


def require_fit(checkpoint: Checkpoint) -> None:
    """Check that `model_from` would succeed, without using its memory: for untrusted files.

    The model is laid out on torch's meta device, which has shapes and no numbers, so that a
    configuration of a terabyte is refused by its shapes. Errors: CheckpointError.
    """
    sizes = asdict(checkpoint.config)
    for name, most in {"num_layers": len(checkpoint.tensors), **NOT_IN_WEIGHTS}.items():
        if sizes.get(name, 1) > most:
            raise CheckpointError(
                f"The configuration has {name} {sizes[name]}, but at most {most} is allowed."
            )
    with shapes_only():
        own = model_tensors(build(checkpoint.architecture, checkpoint.config))
    weights = {
        name.removeprefix("model."): tensor
        for name, tensor in checkpoint.tensors.items()
        if name.startswith("model.")
    }
    _compare(own, weights, checkpoint.architecture)


def require_pictures(checkpoint: Checkpoint) -> None:
    """Check that a model of images has its classes and the scale of its pixels.

    Errors: CheckpointError.
    """
    try:
        about = schema.convert(checkpoint.extra, schema.Pictures)
    except ValueError as error:
        raise CheckpointError(f"The checkpoint does not describe its images: {error}.") from error
    names, outputs = len(about["classes"]), asdict(checkpoint.config)["nout"]
    if names != outputs:
        raise CheckpointError(f"The checkpoint names {names} classes, its model has {outputs}.")


def _compare(own: dict[str, Tensor], weights: dict[str, Tensor], architecture: str) -> None:
    """Errors: CheckpointError naming the first tensor whose shape is not the model's own."""
    for name in sorted(own.keys() | weights.keys()):
        expected, actual = (tuple(w[name].shape) if name in w else None for w in (own, weights))
        if expected != actual:
            raise CheckpointError(
                f"These weights do not fit a {architecture} of this configuration: "
                f"{name[:80]} should have the shape {expected}, but has {actual}."
            )


def model_tensors(model: nn.Module) -> dict[str, Tensor]:
    """Every parameter and buffer by name, once: tied weights appear under their first name only."""
    return {**dict(model.named_parameters()), **dict(model.named_buffers())}
