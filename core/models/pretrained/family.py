"""What a family of models is: how its config.json and its tensors become one of our models.

A family is data. `keys` names, for each tensor of our model, the tensors of the file it is made of
and the change between them: (change, their name, …), with {i} for the number of the layer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from core.config.model_config import Config
from core.system.meta_device import shapes_only

Made = tuple[Any, ...]  # (change, their name, …)
REQUIRED = object()


@dataclass(frozen=True)
class Family:
    """One architecture.

    names     in `architectures` of config.json (timm: `architecture`), the first one is ours too
    kind      "gpt" or "vit": which lessons can take it
    read      config.json -> our configuration; ValueError when it asks for something else
    config    the class of the configuration, a frozen dataclass of plain values
    model     called with the fields of the configuration
    keys      our tensor -> how it is made; a tensor of the head that is tied is left out
    prefix    of their names, which some files have and some leave out
    unused    their tensors that hold no weights, or weights this model does not use (a pattern)
    """

    names: tuple[str, ...]
    kind: str
    read: Callable[[Mapping[str, Any]], Config]
    config: type[Config]
    model: type[nn.Module]
    keys: Mapping[str, Made]
    prefix: str = ""
    unused: str = ""

    def build_empty(self, config: Config) -> nn.Module:
        """The model in eval mode with shapes and no numbers, on torch's meta device."""
        with shapes_only():
            return self.model(**vars(config)).eval()

    def shapes(self, config: Config) -> dict[str, tuple[int, ...]]:
        """The shape of each tensor of the model; nothing is allocated.

        Errors: ValueError for a size that no model has.
        """
        for name, value in vars(config).items():
            limit = 1_000 if name == "num_layers" else 10_000_000
            if isinstance(value, int) and value > limit:
                raise ValueError(
                    f"The configuration has {name} {value:,}, but at most {limit:,} is allowed."
                )
        model = self.build_empty(config)
        return {name: tuple(tensor.shape) for name, tensor in model.named_parameters()}

    def made_of(self, name: str) -> Made:
        """How our tensor `name` is made, with the number of its layer filled in."""
        layer = re.search(r"\.layers\.(\d+)\.", name)
        if layer is None:
            return self.keys[name]
        change, *theirs = self.keys[name.replace(layer[0], ".layers.{i}.")]
        return (change, *(their.replace("{i}", layer[1]) for their in theirs))


def filled(model: nn.Module, tensors: Mapping[str, Tensor]) -> nn.Module:
    """The empty model with these numbers in 32 bits; tied parameters stay one parameter."""
    own = {id(p): nn.Parameter(tensors[name].float()) for name, p in model.named_parameters()}
    for module in model.modules():
        for name, parameter in module._parameters.items():
            if parameter is not None:
                module._parameters[name] = own[id(parameter)]
    return model


def same(tensor: Tensor) -> Tensor:
    """The tensor as it is."""
    return tensor


def stacked(*tensors: Tensor) -> Tensor:
    """Queries, keys and values one below the other: the rows of our fused layer."""
    return torch.cat(tensors)


def transposed(tensor: Tensor) -> Tensor:
    """GPT-2 stores x W where torch stores W x: (in, out) -> (out, in)."""
    return tensor.T


def setting(config: Mapping[str, Any], *names: str, default: Any = REQUIRED) -> Any:
    """The first of these settings that config.json has. Errors: ValueError when none is there."""
    for name in names:
        if config.get(name) is not None:
            return config[name]
    if default is REQUIRED:
        raise ValueError(f"config.json does not say {names[0]}, which this model needs.")
    return default


def require(config: Mapping[str, Any], **wanted: Any) -> None:
    """Settings that would change the computation have the one value that is computed here.

    Errors: ValueError naming the first that has another; a setting that is missing is fine.
    """
    for name, value in wanted.items():
        if config.get(name, value) not in (value, None):
            raise ValueError(
                f"config.json has {name} {str(config[name])[:60]!r}, but only "
                f"{value!r} is supported; choose another model."
            )


def activation(name: str) -> nn.Module:
    """The function between two linear layers, by its name in config.json.

    gelu is x Φ(x); gelu_new approximates it by ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))), as GPT-2
    was trained. Source: Hendrycks & Gimpel 2016, section 2. Errors: ValueError, unknown name.
    """
    known = {
        "gelu": nn.GELU(),
        "gelu_new": nn.GELU(approximate="tanh"),
        "gelu_pytorch_tanh": nn.GELU(approximate="tanh"),
        "relu": nn.ReLU(),
    }
    if name not in known:
        raise ValueError(
            f"config.json asks for the activation {str(name)[:60]!r}; supported are "
            f"{', '.join(known)}."
        )
    return known[name]
