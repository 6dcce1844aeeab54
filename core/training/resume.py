"""The training state as tensors and back: a resumed run reaches the same bits."""

from typing import Any

import torch
from torch import Tensor

from core.models.checkpoint import Checkpoint, model_tensors
from core.training.loop import TrainState


def state_tensors(state: TrainState) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """All tensors of a state by name, and its counters.

    `model.*` is the model that is measured and shown (the moving average, if there is one), `raw.*`
    the weights being trained where they differ, `optimizer.<i>.<parameter>.<name>` its moments.
    """
    tensors = {f"model.{n}": t for n, t in model_tensors(state.evaluated).items()}
    if state.ema is not None:
        tensors |= {f"raw.{n}": t for n, t in model_tensors(state.model).items()}
    for i, optimizer in enumerate(state.optimizers):
        for parameter, moments in optimizer.state_dict()["state"].items():
            for name, value in moments.items():
                tensors[f"optimizer.{i}.{parameter}.{name}"] = torch.as_tensor(value)
    names = ("step", "epoch", "seconds", "cpu_seconds", "total", "count", "correct")
    return tensors, {name: getattr(state, name) for name in names}


@torch.no_grad()
def restore(state: TrainState, checkpoint: Checkpoint) -> None:
    """Load a checkpoint into a fresh `state` of the same specification.

    Errors: ValueError when the checkpoint holds weights only, as shipped models do: it is not
    damaged, so no older one is tried.
    """
    tensors = checkpoint.tensors
    if not any(name.startswith("optimizer.") for name in tensors):
        raise ValueError(
            "This checkpoint holds weights only, so training cannot resume from it; fork the run."
        )
    for name, tensor in model_tensors(state.evaluated).items():
        tensor.copy_(tensors[f"model.{name}"])
    if state.ema is not None:
        for name, tensor in model_tensors(state.model).items():
            tensor.copy_(tensors[f"raw.{name}"])
    for i, optimizer in enumerate(state.optimizers):
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        moments: dict[int, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            kind, *rest = name.split(".")
            if kind == "optimizer" and int(rest[0]) == i:
                number = int(rest[1])
                moments.setdefault(number, {})[rest[2]] = _in_format_of(parameters[number], tensor)
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": moments, "param_groups": groups})
    for name, value in checkpoint.extra["progress"].items():
        setattr(state, name, value)


def _in_format_of(parameter: Tensor, tensor: Tensor) -> Tensor:
    """A moment in the memory format of its parameter.

    torch's fused AdamW reads a parameter, its gradient and its moments in memory order, whatever
    their strides. A checkpoint holds contiguous tensors: with a convolution in channels-last
    format, every weight would be updated with the moments of another.
    """
    if tensor.shape != parameter.shape:
        return tensor  # the number of steps
    return torch.empty_like(parameter).copy_(tensor)
