"""python -m core.decoding.quality_sweep NAME …: quality against diversity of models.

Draws texts from the empty prompt at many settings of p and of the temperature, measures them and
held-out human text of the same length, and writes quality.json beside the model. Takes the
training text from the data folder (UNROLLED_DATA) or --data-dir.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from core.data import load_dialogues
from core.data.token_cache import encode_lines
from core.decoding.engine import DecodingEngine
from core.decoding.strategies import Nucleus, Strategy, Temperature
from core.decoding.text_metrics import NGramIndex, TextQuality, measure, pieces
from core.gpt import DialogueGPT
from core.models.zoo import find_model, load_model
from core.run_files.directory import replace_json
from core.system.command import exit_status
from core.system.device import use_threads
from core.tokenizer import START_ID, UNK_ID, WordTokenizer

MASSES = (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0)
TEMPERATURES = (0.2, 0.4, 0.6, 0.8, 1.0, 1.2)
LENGTH, COUNT = 60, 64


@dataclass(frozen=True, eq=False)
class Corpus:
    """The two sides of a model's data: an index of what it was trained on, and held-out ids."""

    training: NGramIndex
    held_out: list[list[int]]


def read_corpus(tokenizer: WordTokenizer, data: str, data_dir: str | None = None) -> Corpus:
    """Errors: as core.data.load_dialogues, when the data is not available."""
    dialogues = load_dialogues(data, data_dir)
    train, held_out = (
        [ids.tolist() for ids in encode_lines(tokenizer, lines)]
        for lines in (dialogues.train, dialogues.held_out)
    )
    return Corpus(NGramIndex(train), held_out)


@torch.inference_mode()
def log_probability(model: DialogueGPT, ids: Sequence[int]) -> list[float]:
    """log P of every token of a dialogue but the start token, read from its beginning; nats."""
    read = torch.tensor([list(ids)[: model.max_N]])
    log_p = model(read[:, :-1])[0].log_softmax(-1).gather(-1, read[:, 1:, None])
    values: list[float] = log_p.flatten().tolist()
    return values


def human_quality(
    model: DialogueGPT, corpus: Corpus, length: int = LENGTH, count: int = COUNT
) -> TextQuality:
    """The same measures for held-out dialogues, taken evenly and laid end to end.

    Words outside the vocabulary have no probability and are left out of the mean.
    Errors: ValueError when there is too little held-out text.
    """
    words = sum(len(ids) - 1 for ids in corpus.held_out)
    every = max(1, words // (2 * length * count))
    dialogues = [ids[: model.max_N] for ids in corpus.held_out[::every] if len(ids) > 1]
    log_p = pieces([log_probability(model, ids) for ids in dialogues], length, count)
    texts = pieces([ids[1:] for ids in dialogues], length, count)
    known = np.where(np.array(texts) == UNK_ID, np.nan, np.array(log_p))
    return measure(texts, known.astype(np.float32), corpus.training)


def sample_quality(
    engine: DecodingEngine, strategy: Strategy, training: NGramIndex | None, seed: int
) -> TextQuality:
    """Draw COUNT texts of LENGTH tokens at once from the empty prompt and measure them."""
    generator = torch.Generator().manual_seed(seed)
    samples = engine.draw([START_ID], strategy, LENGTH, COUNT, generator)
    return measure(samples.ids.tolist(), samples.log_probability.numpy(), training)


def sweep(
    engine: DecodingEngine, training: NGramIndex | None, seed: int = 0
) -> Iterator[tuple[str, float, TextQuality]]:
    """("p" or "t", its value, what came out) for every setting of the sweep."""
    settings: list[tuple[str, float, Strategy]] = [("p", p, Nucleus(p=p)) for p in MASSES]
    settings += [("t", t, Temperature(t=t)) for t in TEMPERATURES]
    for name, value, strategy in settings:
        yield name, value, sample_quality(engine, strategy, training, seed)


def write_sweep(name: str, data_dir: str | None = None, seed: int = 0) -> dict[str, Any]:
    """Measure the model of that name and write quality.json into its folder."""
    entry = find_model(name)
    loaded = load_model(entry)
    assert isinstance(loaded.model, DialogueGPT)
    assert loaded.tokenizer is not None
    corpus = read_corpus(loaded.tokenizer, entry.data, data_dir)
    engine = DecodingEngine.of(loaded.model)
    points = [
        {"setting": setting, "value": value, **asdict(quality)}
        for setting, value, quality in sweep(engine, corpus.training, seed)
    ]
    result = {
        "digest": entry.digest,
        "length": LENGTH,
        "count": COUNT,
        "seed": seed,
        "human": asdict(human_quality(loaded.model, corpus)),
        "human16": asdict(human_quality(loaded.model, corpus, LENGTH, 16)),
        "points": points,
    }
    replace_json(entry.path / "quality.json", result)
    return result


def main() -> int:
    """Write quality.json for the models named."""
    parser = argparse.ArgumentParser(
        prog="python -m core.decoding.quality_sweep", description=__doc__
    )
    parser.add_argument("name", nargs="+", help="an available model, such as gpt-grammar")
    parser.add_argument("--data-dir", help="folder of the text of real data")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    use_threads(1)

    def work() -> None:
        for name in arguments.name:
            result = write_sweep(name, arguments.data_dir, arguments.seed)
            print(f"{name}: {len(result['points'])} settings, human {result['human']}")

    return exit_status(work)


if __name__ == "__main__":
    raise SystemExit(main())
