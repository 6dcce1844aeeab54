"""Items on maps of attention: rollout, occlusion and the deletion curve."""

from __future__ import annotations

from core.study.gain.short_test import Item, task
from core.study.grading.number_task import NumberTask


def rollout_weight(value: tuple[float, float]) -> NumberTask:
    """Two tokens, two layers: how much of token 2 arrives at token 1."""
    import torch

    from core.interpret.attribution import rollout

    first, second = value
    layers = [[[1 - a, a], [0.0, 1.0]] for a in value]
    alphas = torch.tensor(layers, dtype=torch.float64)[None, :, None]
    share = rollout(alphas)[0, 0, 1].item()
    return task(
        f"Token 1 gives token 2 the weight {first:g} in layer 1 and {second:g} in layer 2; token 2 "
        "attends to itself only. Attention rollout averages each map with the identity and "
        "multiplies the layers. How much of token 2 arrives at token 1?",
        share, "",
        f"½·{first:g} and ½·{second:g} in the two layers: "
        f"1 − (1 − {first / 2:g})(1 − {second / 2:g}) = {share:.3f}.", 0.02,
    )  # fmt: skip


def passes(value: tuple[int, int]) -> NumberTask:
    """Occlusion needs one pass for each patch, and one for the whole picture."""
    from core.vit import PatchEmbed

    side, patch = value
    count = PatchEmbed(side, patch, 3, 1).num_patches + 1
    return task(
        f"An occlusion map hides each patch of {patch}×{patch} pixels of a {side}×{side} picture "
        "once and compares the logit with that of the whole picture. How many forward passes are "
        "needed, one picture each?",
        count, "passes", f"({side}/{patch})² + 1 = {count}.",
    )  # fmt: skip


def area(value: tuple[int, int, int]) -> NumberTask:
    """The trapezoids under a deletion curve of three points."""
    import torch

    points = torch.tensor(value, dtype=torch.float64)
    mean = torch.trapezoid(points, torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64)).item()
    shown = f"{value[0]}, {value[1]} and {value[2]}%"
    return task(
        f"With none, half and all of the patches deleted, the probability of the class is {shown}. "
        "How large is the area under this curve by trapezoids, in percent?",
        mean, "percent", f"({value[0]} + 2·{value[1]} + {value[2]}) / 4 = {mean:g}.", 0.005,
    )  # fmt: skip


ITEMS = (
    Item([(a, b) for a in (0.2, 0.4, 0.6, 0.8) for b in (0.2, 0.4, 0.6)], rollout_weight),
    Item([(patch * n, patch) for patch in (4, 8) for n in (3, 4, 5, 6, 8)], passes),
    Item([(a, b, c) for a in (90, 80) for b in (20, 30, 60) for c in (10, 4)], area),
)
