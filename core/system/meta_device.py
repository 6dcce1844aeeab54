"""Models without numbers, on torch's meta device: for their shapes, and to count parameters."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode


class _Undrawn(TorchFunctionMode):
    """Leaves normally distributed weights as they are. Drawn on the meta device, they would load
    parts of torch's compiler: 0.5 to 3 seconds, once in each process."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # fmt: skip
        given = kwargs or {}
        if func in (nn.init.normal_, Tensor.normal_):
            return args[0] if args else given["tensor"]
        if func is torch.randn:
            return torch.empty(*args, **given)
        return func(*args, **given)


@contextmanager
def shapes_only() -> Iterator[None]:
    """A model built inside has its shapes, takes no memory and draws no random numbers."""
    with torch.device("meta"), _Undrawn():
        yield
