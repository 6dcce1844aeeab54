"""The shipped experiment on the way from the course's GPT to a Llama, read without torch.

A model of step 0 … 5 predicts words, one of step 6 byte pairs, so their losses a token cannot be
compared. In bits per character of the same text they can:

    bits = (Σ −log p(token) + Σ spelling of the unknown words) / (characters · log 2)

`python -m core.publish.llama_experiment` trains the models and writes the file.
"""

import math
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.system.measurements import load, shipped

SHIPPED = shipped("llama_steps")
COMMAND = "python -m core.publish.llama_experiment"
WORDS, PAIRS = "words", "byte pairs"


@dataclass(frozen=True)
class Corpus:
    """Validation text as one kind of token.

    vocabulary   V
    tokens       how many
    characters   of the text, which is the same for both kinds: words with a space before each
    unknown      tokens that replace a word outside the vocabulary
    spelling     nats to spell those words by the frequency of their letters; 0 without any
    """

    vocabulary: int
    tokens: int
    characters: int
    unknown: int
    spelling: float

    def bits(self, nats: float) -> float:
        """Nats a token -> bits a character, unknown words spelled."""
        return (nats * self.tokens + self.spelling) / (self.characters * math.log(2))


@dataclass(frozen=True)
class Run:
    """One training. at: steps; train, validation: nats a token there; seconds: of one core."""

    step: int
    seed: int
    parameters: int
    seconds: float
    at: list[int]
    train: list[float]
    validation: list[float]


@dataclass(frozen=True)
class History:
    """All runs, what they read, and in `about` the budget, the machine and the versions."""

    about: dict[str, Any]
    corpora: dict[str, Corpus]
    runs: list[Run]

    def of(self, step: int) -> list[Run]:
        """The runs of one step, a seed each."""
        return sorted((run for run in self.runs if run.step == step), key=lambda run: run.seed)

    def corpus(self, step: int) -> Corpus:
        """What the models of a step read."""
        return self.corpora[PAIRS if step == 6 else WORDS]

    def curve(self, run: Run) -> list[float]:
        """Validation loss of a run in bits a character, at each of `run.at`."""
        return [self.corpus(run.step).bits(nats) for nats in run.validation]

    def bits(self, step: int) -> list[float]:
        """Validation loss at the end in bits a character, a seed each."""
        return [self.curve(run)[-1] for run in self.of(step)]

    def mean(self, step: int) -> float:
        """Mean of `bits` over the seeds."""
        return statistics.mean(self.bits(step))

    def change(self, step: int) -> float:
        """How much higher the mean is than that of the step before, in bits a character."""
        return self.mean(step) - self.mean(step - 1)

    def verdict(self, step: int) -> int:
        """-1 lower than the step before, 1 higher, 0 by no more than two seeds can differ."""
        change = self.change(step)
        return 0 if abs(change) <= self.spread() else (1 if change > 0 else -1)

    def spread(self) -> float:
        """The largest difference between the seeds of one step, in bits a character."""
        return max(max(bits) - min(bits) for bits in map(self.bits, {r.step for r in self.runs}))


def read(path: Path = SHIPPED) -> History:
    """The stored experiment. Errors: OSError, ValueError, KeyError, TypeError."""
    stored = load(path)
    corpora = {name: Corpus(**corpus) for name, corpus in stored["corpora"].items()}
    return History(stored["about"], corpora, [Run(**run) for run in stored["runs"]])
