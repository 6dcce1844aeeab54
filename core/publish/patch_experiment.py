"""python -m core.publish.patch_experiment: one small ViT with patches of 2, 4 and 8 pixels.

All learn the ten classes of Shapes from small plain drawings, white on dark: at random places,
sizes and angles, without clutter. A training that the file holds is not repeated; all nine take
about five minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from core.config.recipe import ImageRecipe
from core.data.images import shapes
from core.models.patch_sizes import history
from core.models.patch_sizes.history import COMMAND, SIZES, Trained
from core.models.patch_sizes.model import build
from core.system.atomic_write import write_bytes
from core.system.device import this_machine, use_threads
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
        chosen = torch.randint(len(training[1]), (BATCH,), generator=random)
        model.zero_grad()
        cross_entropy(model(training[0][chosen])[0], training[1][chosen]).backward()
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
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=history.SHIPPED)
    arguments = parser.parse_args()
    use_threads(1)
    training, held_out = drawings(TRAIN, seed=0), drawings(HELD_OUT, seed=1)
    about = {
        "steps": STEPS, "batch": BATCH, "pictures": TRAIN, "smaller": SMALLER, "held_out": HELD_OUT,
        "learning_rate": RECIPE.lr, "warm_up": WARM_UP, "model": history.MODEL,
        "machine": this_machine(), "date": time.strftime("%Y-%m-%d"),
    }  # fmt: skip
    trained = _stored(arguments.out)
    done = {(one.patch, one.seed) for one in trained}
    for patch, seed in ((patch, seed) for seed in SEEDS for patch in SIZES):
        if (patch, seed) in done:
            continue
        one = train(patch, seed, training, held_out)
        trained.append(one)
        stored = {"about": about, "trained": list(map(asdict, trained))}
        write_bytes(arguments.out, (json.dumps(stored) + "\n").encode())
        print(f"p = {patch}, seed {seed}: {one.accuracy:.1%}, {one.milliseconds} ms", flush=True)


def _stored(path: Path) -> list[Trained]:
    if not path.is_file():
        return []
    return [Trained(**one) for one in json.loads(path.read_text(encoding="utf-8"))["trained"]]


if __name__ == "__main__":
    main()
