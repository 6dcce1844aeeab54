"""Measurements of how text and positions are written in numbers: byte pairs, rotary positions.

As in `core.study.measure.models`, each function returns the values that `MEASUREMENTS` names.
"""

from __future__ import annotations

import json

from core.models.zoo import ASSETS
from core.study.measure.store import Values

TOKENS, WIDTH, MOVED = 200, 64, 50


def merges() -> Values:
    """The shipped experiment on held-out Shakespeare, at its largest vocabulary."""
    table = json.loads((ASSETS / "measurements" / "merges.json").read_text(encoding="utf-8"))
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

    whole = torch.ones(1, TOKENS, 1)
    return {
        **{"tokens": TOKENS, "moved": MOVED},
        "rotary": change(rotate(q * whole, *angles), rotate(k * whole, *angles)),
        "added": change(q + table, k + table),
    }
