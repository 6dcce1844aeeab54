"""The learning rate as a pure function of the step: warm-up, then cosine or linear decay."""

import math

from core.config.recipe import Recipe

WARMUP_SHARE = 0.15


def learning_rate(recipe: Recipe, step: int, steps_per_epoch: int) -> float:
    """The rate of step number `step` (from 0), at most recipe.lr.

    "cosine"   lr · (1 + cos(π e / E)) / 2 for the whole of epoch e of E: the course's schedule
               (Loshchilov & Hutter 2017, eq. 5, without restarts)
    "warmup"   linear from 0 to lr over the first 15% of all steps, then linear to 0
    """
    if recipe.schedule == "cosine":
        epoch = step // steps_per_epoch
        return recipe.lr * (1 + math.cos(math.pi * epoch / recipe.epochs)) / 2
    total = steps_per_epoch * recipe.epochs
    rising = max(1.0, WARMUP_SHARE * total)
    return recipe.lr * min((step + 1) / rising, (total - step) / (total - rising + 1))
