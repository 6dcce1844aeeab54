"""Refrain: songs of random words in which whole lines return.

    raven candle moon thorn river
    apple wolf lamp snow bell
    raven candle moon thorn river

The words of a new line are drawn at random, each at most once in a song, so nothing predicts them.
But once a line that was sung before has begun, the rest of it is certain for whoever finds the
earlier "raven" and reads on from there. Heads that do this are called induction heads (Olsson et
al. 2022, "In-context Learning and Induction Heads"); a small model learns them from this text.
"""

from __future__ import annotations

import numpy as np

from core.data.text.dialogues import DialogueData, generated

NOUNS = """
acorn anchor apple arrow basket bear bell berry bird boat bone bread bridge bucket butter candle
castle cherry cloud coat cow crow crown deer desk dog door dove drum eagle egg feather field fire
fish flag flower forest fox frog garden gate glove goat gold goose grape grass hammer harp hat hill
honey horn horse house island ivy kettle key knife ladder lake lamp leaf lemon lion mill mirror
moon mouse needle nest oak oven owl pear pearl pepper pillow plum pony rain raven ribbon ring river
road rope rose sail salt sand sheep shell ship shoe silver snow spoon star stone storm swan sword
table thorn tower tree tulip violet wall water well wheel whistle willow wind window wolf wood wool
"""
WORDS = tuple(NOUNS.split())
LINES = (2, 8)  # fewest and most of a song
LENGTHS = (3, 10)  # words of a line
RETURNS = 0.7  # the probability that the next line is one of the earlier ones


def sample(rng: np.random.Generator) -> str:
    """One song."""
    fresh = rng.permutation(WORDS).tolist()
    lines: list[str] = []
    known: list[str] = []
    count = rng.integers(LINES[0], LINES[1] + 1)
    while len(lines) < count:
        if known and rng.random() < RETURNS:
            lines.append(known[rng.integers(len(known))])
        else:
            line, fresh = np.split(fresh, [rng.integers(LENGTHS[0], LENGTHS[1] + 1)])
            known.append(" ".join(line))
            lines.append(known[-1])
    return "\n".join(lines)


def generate(count: int, seed: int = 0) -> list[str]:
    """The first `count` songs of this seed."""
    rng = np.random.default_rng(seed)
    return [sample(rng) for _ in range(count)]


def load(count: int = 4_000, held_out: float = 0.1, seed: int = 0) -> DialogueData:
    """Songs with refrains, the last `held_out` (a share) for testing: see `generated`."""
    return generated("refrain", generate, count, held_out, seed)
