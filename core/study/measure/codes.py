"""Measurements of how text and positions are written in numbers, and of the loss of a text.

As in `core.study.measure.models`, each function returns the values that `MEASUREMENTS` names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from core.study.measure.store import Values
from core.system.measurements import load, shipped

if TYPE_CHECKING:
    from core.gpt import DialogueGPT

TOKENS, WIDTH, MOVED = 200, 64, 50
MODEL, LINE = "gpt-shakespeare", "KING RICHARD III:\nA horse! a horse! my kingdom for a horse!"
WORDS = 13  # of the line


def merges() -> Values:
    """The shipped experiment on held-out Shakespeare, at its largest vocabulary."""
    table = load(shipped("merges"))
    return {
        **{"merges": table["counts"][-1], "size": 256 + table["counts"][-1]},
        **{"unknown": table["unknown"][-1], "always": table["unknown_to_all"]},
        **{"words": table["vocabulary"], "tokens_per_word": table["tokens_per_word"][-1]},
        "bytes_per_word": table["tokens_per_word"][0],
    }


def rotary() -> Values:
    """The largest change of a score, as a share of |q| |k|, when query and key both move by 50
    tokens: turned as in a Llama, in 32 bits, and with the sinusoidal table added. Ten pairs of
    random vectors."""
    import torch

    from core.models.positions import sinusoidal
    from core.models.pretrained.rotary import Rotation, rotate

    draw = torch.Generator().manual_seed(0)
    q, k = torch.randn(2, 10, 1, WIDTH, generator=draw)
    table = torch.from_numpy(sinusoidal(TOKENS, WIDTH)).float()
    angles = Rotation().angles(0, TOKENS, WIDTH)

    def change(queries: torch.Tensor, keys: torch.Tensor) -> float:
        scores = queries @ keys.transpose(-2, -1) / (q.norm(dim=-1) * k.norm(dim=-1))[..., None]
        moved = scores[:, MOVED:, MOVED:] - scores[:, :-MOVED, :-MOVED]
        return float(moved.abs().max())

    ones = torch.ones(1, TOKENS, 1)
    return {
        **{"tokens": TOKENS, "moved": MOVED},
        "rotary": change(rotate(q * ones, *angles), rotate(k * ones, *angles)),
        "added": change(q + table, k + table),
    }


def perplexity() -> Values:
    """A line of Shakespeare read by a GPT, and read again as if the model gave one word a hundredth
    of its probability. share: what the factor would be if the perplexity grew by a T-th of it."""
    from core.decoding import likelihood
    from core.models.zoo import find_model, load_model

    loaded = load_model(find_model(MODEL))
    assert loaded.tokenizer is not None
    ids = loaded.tokenizer.ids(LINE)[: WORDS + 1]  # the start token, and the words
    p = likelihood.token_probabilities(cast("DialogueGPT", loaded.model), ids)
    less = p / np.where(np.arange(len(p)) == 0, 100, 1)
    nats = likelihood.mean_loss(p)
    return {
        **{"model": MODEL, "tokens": len(p), "nats": nats, "bits": likelihood.bits(nats)},
        **{"perplexity": likelihood.perplexity(p), "of_the_mean": float(1 / p.mean())},
        "factor": likelihood.perplexity(less) / likelihood.perplexity(p),
        **{"share": 100 / len(p), "vocabulary": len(loaded.tokenizer.vocab)},
    }
