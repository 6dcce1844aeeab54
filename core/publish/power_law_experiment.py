"""python -m core.publish.power_law_experiment: small GPTs of several widths on several data sizes.

Each reads D dialogues of the Grammar once, so a training with more data also has more steps; its
loss is that on 1,000 new dialogues. The last one, the widest with the most data, is not used for
the fit. A training that the file holds is not repeated; all take about two minutes on one core.
"""

from __future__ import annotations

import math
import time

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from core.data.text import grammar
from core.gpt import DialogueGPT
from core.models.llama_steps import PreNormGPT
from core.models.power_law.history import COMMAND, DIALOGUES, HELD_OUT, SHIPPED, WIDTHS, Trained
from core.publish.trainings import here_and_now, options, train_missing

BATCH, TESTED, WARM_UP = 16, 1_000, 0.1  # warm_up: share of the steps
END, NONE = 0, -1  # the token before and after a dialogue; no token


class Counting:
    """Draws as a numpy generator does, and adds up −ln p of what it has drawn."""

    def __init__(self, seed: int):
        self.random, self.nats = np.random.default_rng(seed), 0.0

    def integers(self, count: int) -> int:
        """One of `count` equally probable numbers."""
        self.nats += math.log(count)
        return int(self.random.integers(count))


def draw(count: int, seed: int) -> tuple[Tensor, float]:
    """Dialogues as ids (count, longest + 2), padded with NONE, and their entropy: the nats a token
    that no model can avoid, because the grammar draws at random."""
    ids = {word: i for i, word in enumerate(grammar.words(), 1)}
    random = Counting(seed)
    drawn = [[END, *(ids[word] for word in grammar.sample(random)), END] for _ in range(count)]
    padded = torch.full((count, max(map(len, drawn))), NONE)
    for row, dialogue in zip(padded, drawn, strict=True):
        row[: len(dialogue)] = torch.tensor(dialogue)
    return padded, random.nats / sum(len(dialogue) - 1 for dialogue in drawn)


def build(width: int, seed: int) -> DialogueGPT:
    """A GPT of two layers with two heads each."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return PreNormGPT(
            len(grammar.words()) + 1, 64, dim=width, attn_dim=width // 2, mlp_dim=4 * width,
            num_heads=2, num_layers=2,
        )  # fmt: skip


def loss_of(model: DialogueGPT, ids: Tensor) -> Tensor:
    """Mean loss (nats) of every next token and of the end."""
    ids = ids[:, : int((ids != NONE).sum(1).max())]
    logits, _ = model(ids[:, :-1].clamp(min=END))
    return cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), ignore_index=NONE)


def train(width: int, data: Tensor, test: Tensor, seed: int = 0) -> Trained:
    """One pass over the data with AdamW, warm-up and a cosine; wider models learn slower."""
    model, steps = build(width, seed), len(data) // BATCH
    highest = 0.03 / math.sqrt(width)
    optimiser = torch.optim.AdamW(model.parameters(), highest, weight_decay=0.01)
    for step, batch in enumerate(data[: steps * BATCH].split(BATCH), 1):
        cosine = (1 + math.cos(math.pi * step / steps)) / 2
        optimiser.param_groups[0]["lr"] = highest * min(1, step / (WARM_UP * steps)) * cosine
        optimiser.zero_grad()
        loss_of(model, batch).backward()
        optimiser.step()
    with torch.no_grad():
        loss = float(loss_of(model, test))
    parameters = sum(p.numel() for p in model.parameters())
    return Trained(width, len(data), parameters, round(loss, 4))


def main() -> None:
    """Train what the file does not hold yet."""
    out = options(COMMAND, __doc__, SHIPPED).parse_args().out
    data, _ = draw(HELD_OUT[1], 1)
    test, floor = draw(TESTED, 0)
    nats, length = grammar.entropy()
    about = {
        "batch": BATCH, "tested": TESTED, "floor": round(floor, 4),
        "entropy": round(nats / (length + 1), 4), "words": round(length, 4), "layers": 2,
        "heads": 2, **here_and_now(),
    }  # fmt: skip
    began = time.process_time()
    sizes = [*((width, count) for count in DIALOGUES for width in WIDTHS), HELD_OUT]
    for run in train_missing(
        out, Trained, ("width", "dialogues"), sizes,
        lambda width, count: train(width, data[:count], test), {"about": about},
    ):  # fmt: skip
        print(f"{run}, {time.process_time() - began:.0f} s in all", flush=True)


if __name__ == "__main__":
    main()
