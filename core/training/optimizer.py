"""AdamW for every weight, or Muon for the hidden matrices and AdamW for the rest.

Sources: Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization" (AdamW); Jordan et al.
2024, "Muon: An optimizer for hidden layers in neural networks". Both are torch's own.
"""

import torch
from torch import nn

from core.config.recipe import Recipe
from core.system.eager import eager

MUON_SCALE = 10.0  # Muon's learning rate over AdamW's: its update has singular values of one

AdamW, Muon = eager(torch.optim.AdamW), eager(torch.optim.Muon)


def make_optimizers(model: nn.Module, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """The optimisers of this recipe; `lr_scale` of a group multiplies the schedule's rate.

    With the course's schedule every weight decays, as in torch's default. With warm-up only the
    weight matrices of layers and the token embeddings decay.
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
    undecayed = [p for n, p in named if n not in matrix_names | hidden]
    groups = [
        {"params": decayed, "weight_decay": recipe.weight_decay, "lr_scale": 1.0},
        {"params": undecayed, "weight_decay": 0.0, "lr_scale": 1.0},
    ]
    groups = [g for g in groups if g["params"]]
    optimizers: list[torch.optim.Optimizer] = [AdamW(groups, lr=recipe.lr, fused=True)]
    if hidden:
        matrices = [p for n, p in named if n in hidden]
        group = {"params": matrices, "weight_decay": recipe.weight_decay, "lr_scale": MUON_SCALE}
        optimizers.append(Muon([group], lr=recipe.lr * MUON_SCALE))
    return optimizers
