"""python -m core.publish.llama_experiment: from the course's GPT to a Llama, one part at a time.

Seven small models (core/models/llama_steps.py) are trained on Tiny Shakespeare with one budget:
the same number of steps, tokens, learning rates and seeds. Each finished training is added to the
file, and one that is in it is not repeated, so the command can be stopped and started again. All
fourteen take about five minutes on one core.

Words that occur less than four times in the training set are read as unknown, so the word models
learn to expect unknown words; the letters of those words are coded by how often each occurs in
them. Byte pairs get a vocabulary of the same size.
"""

import json
import math
import platform
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from core.bpe import BYTE_OF
from core.data.text import shakespeare
from core.gpt import DialogueGPT
from core.models import llama_history, llama_steps
from core.models.llama_history import PAIRS, WORDS, Corpus, History, Run
from core.models.pretrained.tokens import SubwordTokenizer, byte_level_json
from core.publish import position_experiment
from core.publish.trainings import here_and_now, options
from core.system import measurements
from core.tokenizer import SPECIALS, START, START_ID, UNK_ID, WordTokenizer, split_words

SEEDS, POINTS = (0, 1), 5
OFTEN = 4  # a rarer word of the training set is unknown
BATCH, LEARNING_RATE = 8, 3e-3  # how they were chosen: benchmarks/experiments.md
WINDOW = position_experiment.TRAINED - 1  # the start token comes before it


@dataclass(frozen=True)
class Streams:
    """One kind of token: training and validation text as ids, and what the latter is."""

    train: Tensor
    held_out: Tensor
    corpus: Corpus


def by_words(train: list[str], held_out: list[str]) -> Streams:
    """Words that occur at least four times in the training set; the others are unknown."""
    counts = Counter(train)
    rare = [word for word in train if counts[word] < OFTEN]
    tokenizer = WordTokenizer.from_vocab([*SPECIALS, *sorted(counts.keys() - set(rare))])
    get = tokenizer.tok_to_id.get
    before, after = ([get(word, UNK_ID) for word in words] for words in (train, held_out))
    unknown = [word for word, id_ in zip(held_out, after, strict=True) if id_ == UNK_ID]
    corpus = Corpus(
        tokenizer.vocab_size, len(after), len(text_of(held_out)), len(unknown),
        spelling(unknown, rare),
    )  # fmt: skip
    return Streams(torch.tensor(before), torch.tensor(after), corpus)


def text_of(words: Iterable[str]) -> str:
    """The text that both kinds of tokens encode: a space before each word."""
    return "".join(f" {word}" for word in words)


def spelling(words: Iterable[str], known: Iterable[str]) -> float:
    """Nats to spell the words byte by byte, each with an end, by the frequencies in `known`.

    p(byte) = (count + 1) / (all + 257)
    """
    counts = Counter(byte for word in known for byte in (*word.encode(), None))
    total = counts.total() + 257
    return sum(
        -math.log((counts[byte] + 1) / total) for word in words for byte in (*word.encode(), None)
    )


def by_pairs(train: list[str], held_out: list[str], vocabulary: int) -> Streams:
    """Byte pairs of the same texts; `vocabulary` counts the start token and all 256 bytes."""
    tokenizer = learn_tokenizer(text_of(train), vocabulary)
    before, after = (
        [i for w in words for i in tokenizer.ids(f" {w}")] for words in (train, held_out)
    )
    corpus = Corpus(vocabulary, len(after), len(text_of(held_out)), 0, 0.0)
    return Streams(torch.tensor(before), torch.tensor(after), corpus)


def learn_tokenizer(text: str, vocabulary: int) -> SubwordTokenizer:
    """The byte pairs of a text: `core.bpe.learn_merges`, by the faster `tokenizers` package."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=[START], initial_alphabet=sorted(BYTE_OF),
        show_progress=False,
    )  # fmt: skip
    backend.train_from_iterator([text], trainer)
    learned = json.loads(backend.to_str())["model"]
    merges = [" ".join(pair) for pair in learned["merges"]]
    tokenizer = SubwordTokenizer(byte_level_json(learned["vocab"], merges, [START]))
    assert tokenizer.vocab_size == vocabulary
    assert learned["vocab"][START] == START_ID
    return tokenizer


@torch.inference_mode()
def validation_loss(model: DialogueGPT, stream: Tensor) -> float:
    """Mean loss (nats) over every token of the stream, in windows that begin with a start token."""
    *complete, rest = stream.split(WINDOW)
    total = 0.0
    for windows in (*torch.stack(complete).split(32), rest[None]):
        start = torch.full((len(windows), 1), START_ID)
        logits, _ = model(torch.cat([start, windows[:, :-1]], 1))
        total += cross_entropy(logits.flatten(0, 1), windows.flatten(), reduction="sum").item()
    return total / len(stream)


def train(step: int, seed: int, streams: Streams, steps: int) -> Run:
    """Train the model of a step; `steps` is a multiple of 100."""
    model = llama_steps.build(step, streams.corpus.vocabulary, seed)
    generator = torch.Generator().manual_seed(seed)
    run = Run(step, seed, sum(p.numel() for p in model.parameters()), 0.0, [], [], [])
    began, losses = time.process_time(), []
    for progress in position_experiment.train(
        model, f"step {step}", streams.train, steps, generator, BATCH, LEARNING_RATE
    ):
        losses.append(progress.loss)
        if len(losses) == 100 // POINTS:
            run.at.append(progress.step)
            run.train.append(round(sum(losses) / len(losses), 4))
            run.validation.append(round(validation_loss(model, streams.held_out), 4))
            losses.clear()
    return replace(run, seconds=round(time.process_time() - began, 1))


def save(history: History, path: Path) -> None:
    """Replace the file in one step."""
    measurements.save(path, asdict(history), indent=1)


def main() -> int:
    """Train what the file does not hold yet."""
    parser = options(llama_history.COMMAND, __doc__, llama_history.SHIPPED)
    parser.add_argument("--steps", type=int, default=300, help="optimiser steps, 100 n")
    parser.add_argument("--data-dir", type=Path, help="where Tiny Shakespeare is")
    arguments = parser.parse_args()
    data = shakespeare.load(arguments.data_dir)
    before, after = (
        [word for line in lines for word in split_words(line)]
        for lines in (data.train, data.held_out)
    )
    words = by_words(before, after)
    pairs = by_pairs(before, after, words.corpus.vocabulary)
    about = {
        "steps": arguments.steps, "batch": BATCH, "window": WINDOW,
        "learning_rate": LEARNING_RATE, "seeds": list(SEEDS), "data": data.note,
        "sizes": llama_steps.SIZES, "kv_heads": llama_steps.KV_HEADS,
        "python": platform.python_version(),
        **here_and_now(),
    }  # fmt: skip
    runs = llama_history.read(arguments.out).runs if arguments.out.is_file() else []
    history = History(about, {WORDS: words.corpus, PAIRS: pairs.corpus}, runs)
    done = {(run.step, run.seed) for run in runs}
    for seed in SEEDS:
        for step in llama_steps.STEPS:
            if (step, seed) in done:
                continue
            run = train(step, seed, pairs if step == 6 else words, arguments.steps)
            runs.append(run)
            save(history, arguments.out)
            print(
                f"step {step}, seed {seed}: {run.validation[-1]:.3f} nats a token, "
                f"{history.curve(run)[-1]:.3f} bits a character, {run.seconds:.0f} s",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
