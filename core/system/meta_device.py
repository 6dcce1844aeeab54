"""Models whose first weights are not drawn: on torch's meta device, or to be read from a file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

DRAWING = (nn.init.normal_, Tensor.normal_, nn.init.uniform_, Tensor.uniform_)


class Undrawn(TorchFunctionMode):
    """A model built inside draws no random weights: for one that is given others at once.

    Drawing those of a GPT took two fifths of the time in which it is read from its file. On the
    meta device it would load parts of torch's compiler: 0.5 to 3 seconds, once in each process.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # fmt: skip
        given = kwargs or {}
        if func in DRAWING:
            return args[0] if args else given["tensor"]
        if func is torch.randn:
            return torch.empty(*args, **given)
        return func(*args, **given)


@contextmanager
def shapes_only() -> Iterator[None]:
    """A model built inside has its shapes, takes no memory and draws no random numbers."""
    with torch.device("meta"), Undrawn():
        yield
