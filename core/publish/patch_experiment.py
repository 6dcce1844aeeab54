"""python -m core.publish.patch_experiment: one small ViT with patches of 2, 4 and 8 pixels.

All learn the ten classes of Shapes from small plain drawings, white on dark: at random places,
sizes and angles, without clutter. A training that the file holds is not repeated; all nine take
about five minutes on one core.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from core.config.recipe import ImageRecipe
from core.data.images import shapes
from core.models.patch_sizes.history import COMMAND, MODEL, SHIPPED, SIZES, Trained
from core.models.patch_sizes.model import build
from core.publish.trainings import here_and_now, options, train_missing
from core.training.optimizer import make_optimizers

SEEDS = (0, 1, 2)
STEPS, BATCH, WARM_UP = 500, 32, 50
TRAIN, HELD_OUT = 4000, 2000  # pictures
RECIPE = ImageRecipe(lr=1e-3, weight_decay=0.01, schedule="warmup", optimizer="muon")
SMALLER, WHITE, DARK = 0.6, (235, 235, 235), (20, 20, 20)


def drawing(index: int, seed: int) -> shapes.Shape:
    """Picture `index` of this seed of Shapes, smaller, white on dark and without clutter."""
    drawn = shapes.shape_at(index, seed)
    return replace(drawn, radius=SMALLER * drawn.radius, colour=WHITE, background=DARK, clutter=0.0)


def drawings(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """The first `count` drawings, (count, 3, 32, 32), about -2 to 2, and their classes."""
    pictures = np.stack([shapes.draw(drawing(i, seed))[0] for i in range(count)])
    return (torch.from_numpy(pictures).float() / 255 - 0.5) / 0.25, torch.arange(count) % 10


def train(
    patch: int, seed: int, training: tuple[Tensor, Tensor], held_out: tuple[Tensor, Tensor],
    steps: int = STEPS,
) -> Trained:  # fmt: skip
    """One training: the rate rises for WARM_UP steps and then falls to 0. Same seed, same model."""
    model = build(patch, seed)
    optimizers = make_optimizers(model, RECIPE)
    rates = [group["lr"] for optimizer in optimizers for group in optimizer.param_groups]
    random = torch.Generator().manual_seed(seed)
    began = time.thread_time()
    for step in range(steps):
        now = min(1, (step + 1) / WARM_UP) * (1 - step / steps)
        groups = [group for optimizer in optimizers for group in optimizer.param_groups]
        for group, rate in zip(groups, rates, strict=True):
            group["lr"] = now * rate
        batch = torch.randint(len(training[1]), (BATCH,), generator=random)
        model.zero_grad()
        cross_entropy(model(training[0][batch])[0], training[1][batch]).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
    spent = 1e3 * (time.thread_time() - began) / steps
    with torch.no_grad():
        named = torch.cat([model(part)[0].argmax(-1) for part in held_out[0].split(100)])
    accuracy = float((named == held_out[1]).double().mean())
    parameters = sum(p.numel() for p in model.parameters())
    return Trained(patch, seed, parameters, round(accuracy, 4), round(spent, 2))


def main() -> None:
    """Train what the file does not hold yet."""
    out = options(COMMAND, __doc__, SHIPPED).parse_args().out
    training, held_out = drawings(TRAIN, seed=0), drawings(HELD_OUT, seed=1)
    about = {
        "steps": STEPS, "batch": BATCH, "pictures": TRAIN, "smaller": SMALLER, "held_out": HELD_OUT,
        "learning_rate": RECIPE.lr, "warm_up": WARM_UP, "model": MODEL,
        **here_and_now(),
    }  # fmt: skip
    for run in train_missing(
        out, Trained, ("patch", "seed"), ((patch, seed) for seed in SEEDS for patch in SIZES),
        partial(train, training=training, held_out=held_out), {"about": about},
    ):  # fmt: skip
        print(
            f"p = {run.patch}, seed {run.seed}: {run.accuracy:.1%}, {run.milliseconds} ms",
            flush=True,
        )


if __name__ == "__main__":
    main()
