"""python -m core.publish.position_experiment: models trained on 64 tokens, evaluated on 200.

Five small GPTs that differ only in how they know the order (a learned table, the sinusoidal one,
nothing, rotary positions, ALiBi) are trained on windows of 64 tokens of the Grammar and evaluated
on windows of 200 tokens of the test set. Writes the loss at every position and the learned table to
assets/positions; a model whose loss is there already is not trained again. A model takes a minute
on one core.

Sources: Vaswani et al. 2017, section 3.5 (that sinusoids may extrapolate); Press et al. 2022,
"Train Short, Test Long", section 2 (that they do so badly); Haviv et al. 2022, "Transformer
Language Models without Positional Encodings Still Learn Positional Information".
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from core.data.text import grammar
from core.gpt import DialogueGPT
from core.models.relative_positions import AlibiGPT, NoPositionGPT, RotaryPositionGPT
from core.models.sinusoidal_gpt import SinusoidalGPT
from core.models.zoo import ASSETS
from core.system.device import use_threads
from core.tokenizer import START_ID, WordTokenizer

TRAINED, EVALUATED = 64, 200
SIZES = {"dim": 64, "attn_dim": 16, "mlp_dim": 128, "num_heads": 4, "num_layers": 3}
BATCH, LEARNING_RATE = 16, 1e-3


SCHEMES: dict[str, type[DialogueGPT]] = {
    "learned": DialogueGPT,
    "sinusoidal": SinusoidalGPT,
    "none": NoPositionGPT,
    "rotary": RotaryPositionGPT,
    "alibi": AlibiGPT,
}


@dataclass(frozen=True)
class TrainingProgress:
    """A record for every hundredth of a training. loss: nats, mean since the last record."""

    scheme: str
    step: int
    loss: float


def windows(stream: Tensor, length: int, count: int, generator: torch.Generator) -> Tensor:
    """(count, length) ids: the start token, then a random piece of the stream."""
    starts = torch.randint(len(stream) - length, (count,), generator=generator)
    pieces = stream[starts[:, None] + torch.arange(length - 1)]
    return torch.cat([torch.full((count, 1), START_ID), pieces], 1)


def train(
    model: DialogueGPT, scheme: str, stream: Tensor, steps: int, generator: torch.Generator,
    batch: int = BATCH, learning_rate: float = LEARNING_RATE,
) -> Iterator[TrainingProgress]:  # fmt: skip
    """Train on windows of 64 tokens with a cosine schedule from the learning rate to zero."""
    optimizer = torch.optim.AdamW(model.parameters(), learning_rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    losses: list[float] = []
    for step in range(1, steps + 1):
        ids = windows(stream, TRAINED, batch, generator)
        loss = cross_entropy(model(ids[:, :-1])[0].flatten(0, 1), ids[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        if step % max(1, steps // 100) == 0:
            yield TrainingProgress(scheme, step, float(np.mean(losses)))
            losses.clear()


@torch.inference_mode()
def loss_by_position(
    model: DialogueGPT, stream: Tensor, count: int, generator: torch.Generator
) -> NDArray[np.float64]:
    """Mean loss (nats) of the token at position t + 1 given all before, for t = 0 … 198."""
    total = torch.zeros(EVALUATED - 1, dtype=torch.float64)
    for _ in range(count // BATCH):
        ids = windows(stream, EVALUATED, BATCH, generator)
        losses = cross_entropy(model(ids[:, :-1])[0].mT, ids[:, 1:], reduction="none")
        total += losses.double().sum(0)
    return (total / (count // BATCH * BATCH)).numpy()


def stream_of(tokenizer: WordTokenizer, dialogues: list[str]) -> Tensor:
    """All dialogues in a row, without start tokens."""
    return torch.tensor([i for line in dialogues for i in tokenizer.ids(line)[1:]])


def stored_curves(file: Path, about: dict[str, object]) -> dict[str, list[float]]:
    """The losses of an earlier run with the same settings; none if there is no such run."""
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        loss: dict[str, list[float]] = stored.pop("loss")
        return loss if stored == about else {}
    except (OSError, ValueError, KeyError):
        return {}


def main() -> int:
    """Train the models that the file lacks, evaluate them and write the results."""
    parser = argparse.ArgumentParser(
        prog="python -m core.publish.position_experiment", description=__doc__
    )
    parser.add_argument("--steps", type=int, default=3_000)
    parser.add_argument("--count", type=int, default=1_024, help="windows to evaluate on, 16 n")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=ASSETS / "positions")
    arguments = parser.parse_args()
    use_threads(1)
    data = grammar.load()
    tokenizer = WordTokenizer(data.vocabulary_text())
    training, held_out = (stream_of(tokenizer, d) for d in (data.train, data.held_out))
    arguments.out.mkdir(parents=True, exist_ok=True)
    file = arguments.out / "curves.json"
    about = {
        "trained": TRAINED, "read": EVALUATED, "steps": arguments.steps, "count": arguments.count,
        "seed": arguments.seed, "data": data.note, "sizes": SIZES,
    }  # fmt: skip
    curves = stored_curves(file, about)
    for scheme, architecture in SCHEMES.items():
        if scheme in curves:
            continue
        torch.manual_seed(arguments.seed)
        model = architecture(tokenizer.vocab_size, EVALUATED, **SIZES)
        generator = torch.Generator().manual_seed(arguments.seed)
        for progress in train(model, scheme, training, arguments.steps, generator):
            print(f"\r{scheme}: step {progress.step}, loss {progress.loss:.3f}", end="", flush=True)
        generator.manual_seed(arguments.seed + 1)
        losses = loss_by_position(model.eval(), held_out, arguments.count, generator)
        curves[scheme] = [round(float(value), 4) for value in losses]
        first, rest = losses[: TRAINED - 1].mean(), losses[TRAINED:].mean()
        print(f"\n{scheme}: loss {first:.3f} up to 64 tokens, {rest:.3f} beyond")
        if scheme == "learned":
            table = model.pos_embed.weight.detach().numpy().astype(np.float16)
            np.save(arguments.out / "learned.npy", table)
        text = json.dumps(about | {"loss": curves}, ensure_ascii=False, indent=1)
        file.write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
