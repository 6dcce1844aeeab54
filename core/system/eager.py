"""torch's optimisers without the import of its compiler."""

import inspect
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    import torch

Kind = TypeVar("Kind", bound="torch.optim.Optimizer")


def eager(kind: type[Kind]) -> type[Kind]:
    """The same optimiser without torch's wrappers for its compiler.

    torch excludes these methods from compilation by a wrapper whose first call imports the
    compiler: 870 modules, 1.4 s to 2.5 s before the first step of a run that compiles nothing. The
    wrapped methods do not need it.
    """
    import torch

    names = ("add_param_group", "zero_grad", "state_dict", "load_state_dict", "step")
    methods: dict[str, Any] = {name: inspect.unwrap(getattr(kind, name)) for name in names}
    methods["step"] = torch.no_grad()(methods["step"])
    return cast(type[Kind], type(kind.__name__, (kind,), methods))
