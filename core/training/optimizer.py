"""AdamW for every weight, or Muon for the hidden matrices and AdamW for the rest.

Sources: Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization" (AdamW); Jordan et al.
2024, "Muon: An optimizer for hidden layers in neural networks". Both are torch's own.
"""

import inspect
from typing import Any, TypeVar, cast

import torch
from torch import nn

from core.config.recipe import Recipe

MUON_SCALE = 10.0  # Muon's learning rate over AdamW's: its update has norm one in every direction

Kind = TypeVar("Kind", bound=torch.optim.Optimizer)


def _eager(kind: type[Kind]) -> type[Kind]:
    """The same optimiser without torch.compile in reach.

    torch wraps these methods so that its compiler lets them be, and the first call of a wrapper
    imports that compiler: 870 modules, more than a second, before the first step of a run that
    compiles nothing. What is inside the wrappers needs none of it.
    """
    names = ("add_param_group", "zero_grad", "state_dict", "load_state_dict", "step")
    inside: dict[str, Any] = {name: inspect.unwrap(getattr(kind, name)) for name in names}
    inside["step"] = torch.no_grad()(inside["step"])
    return cast(type[Kind], type(kind.__name__, (kind,), inside))


AdamW, Muon = _eager(torch.optim.AdamW), _eager(torch.optim.Muon)


def make_optimizers(model: nn.Module, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """The optimisers of this recipe; each group carries `lr_scale`, its share of the schedule's lr.

    With the course's schedule every weight decays, as in torch's default. With warm-up the decay
    spares biases, norms, positions and the class token (anything that is no matrix of a layer).
    """
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    matrix_names = {
        f"{name}.weight"
        for name, module in model.named_modules()
        if isinstance(module, (nn.Linear, nn.Conv2d))
    } | {n for n, _ in named if n.endswith("token_embed.weight")}
    if recipe.schedule == "cosine":
        matrix_names = {n for n, _ in named}
    hidden = {
        n
        for n, p in named
        if recipe.optimizer == "muon" and p.ndim == 2 and n.startswith("transformer.")
    }
    decayed = [p for n, p in named if n in matrix_names - hidden]
    spared = [p for n, p in named if n not in matrix_names | hidden]
    groups = [
        {"params": decayed, "weight_decay": recipe.weight_decay, "lr_scale": 1.0},
        {"params": spared, "weight_decay": 0.0, "lr_scale": 1.0},
    ]
    groups = [g for g in groups if g["params"]]
    optimizers: list[torch.optim.Optimizer] = [AdamW(groups, lr=recipe.lr, fused=True)]
    if hidden:
        matrices = [p for n, p in named if n in hidden]
        group = {"params": matrices, "weight_decay": recipe.weight_decay, "lr_scale": MUON_SCALE}
        optimizers.append(Muon([group], lr=recipe.lr * MUON_SCALE))
    return optimizers
