"""python -m core.publish.norm_experiment: LayerNorm before or after the block, by number of layers.

Measures gradients at initialisation, then trains GPTs of 2 to 24 layers on the Grammar with Adam
at a constant learning rate: LayerNorm before, after, and after with a linear warm-up. A training
that the file holds is not repeated; all take about four minutes on one core.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from core.data.text import grammar
from core.models.norm_place.history import (
    AFTER,
    BEFORE,
    COMMAND,
    DEPTHS,
    RECIPES,
    SHIPPED,
    WARM,
    Trained,
)
from core.models.norm_place.model import SIZES, build, gradient_norms, loss_of
from core.publish.position_experiment import stream_of, windows
from core.publish.trainings import here_and_now, options, train_missing
from core.tokenizer import WordTokenizer

SEEDS, GRADIENT_SEEDS = (0, 1), range(5)
STEPS, BATCH, LEARNING_RATE, WARM_UP = 200, 16, 3e-3, 100
READ = SIZES["max_N"] + 1


def train(
    recipe: str, layers: int, seed: int, training: Tensor, held_out: Tensor, vocabulary: int,
    steps: int = STEPS,
) -> Trained:  # fmt: skip
    """One training. Same arguments, same numbers."""
    model = build(BEFORE if recipe == BEFORE else AFTER, layers, vocabulary, seed)
    random = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(model.parameters(), LEARNING_RATE)
    for step in range(1, steps + 1):
        if recipe == WARM:
            optimiser.param_groups[0]["lr"] = LEARNING_RATE * min(1, step / WARM_UP)
        optimiser.zero_grad()
        loss_of(model, windows(training, READ, BATCH, random)).backward()
        optimiser.step()
    with torch.no_grad():
        test = windows(held_out, READ, 512, torch.Generator().manual_seed(0))
        return Trained(recipe, layers, seed, round(float(loss_of(model, test)), 4))


def frequencies(training: Tensor, held_out: Tensor, vocabulary: int) -> float:
    """The loss (nats) of a model that gives each word its share of the training set."""
    counts = training.bincount(minlength=vocabulary).double() + 1
    return float(-(counts / counts.sum()).log()[held_out].mean())


def main() -> None:
    """Measure what the file does not hold yet."""
    out = options(COMMAND, __doc__, SHIPPED).parse_args().out
    data = grammar.load()
    tokenizer = WordTokenizer(data.vocabulary_text())
    training, held_out = (stream_of(tokenizer, d) for d in (data.train, data.held_out))
    vocabulary = tokenizer.vocab_size
    about = {
        "steps": STEPS, "batch": BATCH, "learning_rate": LEARNING_RATE, "warm_up": WARM_UP,
        "seeds": len(SEEDS), "gradient_seeds": len(GRADIENT_SEEDS), "sizes": SIZES,
        "frequencies": round(frequencies(training, held_out, vocabulary), 4), "data": data.note,
        **here_and_now(),
    }  # fmt: skip
    gradients = [
        {"place": norm, "layers": layers, "seed": seed, "norms": [round(n, 4) for n in
            gradient_norms(build(norm, layers, vocabulary, seed),
                           windows(training, READ, 64, torch.Generator().manual_seed(seed)))]}
        for norm in (BEFORE, AFTER) for layers in DEPTHS for seed in GRADIENT_SEEDS
    ]  # fmt: skip
    for run in train_missing(
        out, Trained, ("recipe", "layers", "seed"),
        ((recipe, layers, seed) for seed in SEEDS for layers in DEPTHS for recipe in RECIPES),
        partial(train, training=training, held_out=held_out, vocabulary=vocabulary),
        {"about": about, "gradients": gradients},
    ):  # fmt: skip
        print(
            f"{run.recipe}, {run.layers} layers, seed {run.seed}: {run.loss:.3f} nats", flush=True
        )


if __name__ == "__main__":
    main()
