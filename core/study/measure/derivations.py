"""Numbers behind the derivations: the gradient of the loss, perplexity, units, temperature."""

from __future__ import annotations

import math

import numpy as np
import torch

from core.study.kinds.pictures import TEMPERATURES, temperatures
from core.study.measure.store import Values

STEPS, RADIUS = 100, 0.9


def derivations() -> Values:
    """p - y against autograd, three probabilities in bits and nats, a bias after many steps, the
    words that hold 90% at two temperatures, and the arrays that AdamW keeps."""
    z = torch.tensor([0.3, -1.2, 5.9, 0.7], dtype=torch.float64, requires_grad=True)
    torch.nn.functional.cross_entropy(z[None], torch.tensor([2])).backward()
    assert z.grad is not None
    p = z.detach().softmax(-1)
    by_formula = p - torch.tensor([0.0, 0.0, 1.0, 0.0])
    bits = -float(np.log2([1 / 2, 1 / 4, 1 / 8]).mean())
    words = {t: _words(curves[0].y) for t, curves in zip(TEMPERATURES, temperatures(), strict=True)}
    return {
        "gradient_error": float((z.grad - by_formula).abs().max()),
        **{"gradient_sure": float(by_formula.abs().max()), "sure": float(p[2])},
        **{"bits": bits, "nats": bits * math.log(2), "perplexity": 2**bits},
        **{"halved": math.exp(-0.69), "uniform_bits": math.log2(64), "uniform_nats": math.log(64)},
        **{"bias_steps": STEPS, "bias_left": _bias_left()},
        **{"words_one": words[1.0], "words_two": words[2.0], "adam_arrays": _adam_arrays()},
    }


def _words(shares: tuple[float, ...]) -> int:
    """How many of the most probable words hold 90% of the probability."""
    return 1 + int(np.searchsorted(shares, 0.9))


def _bias_left() -> float:
    """‖h_T - (I - W)⁻¹ b‖ / ‖(I - W)⁻¹ b‖ without input, with ρ(W) = RADIUS."""
    from core.linear_rnn.matrices import preset

    W = RADIUS * preset("vanishing", 8)
    b, h = np.ones(8), np.zeros(8)
    for _ in range(STEPS):
        h = W @ h + b
    rest = np.linalg.solve(np.eye(8) - W, b)
    return float(np.linalg.norm(h - rest) / np.linalg.norm(rest))


def _adam_arrays() -> int:
    """Arrays of the size of one weight after a step: itself, its gradient, and what is kept."""
    w = torch.zeros(5, requires_grad=True)
    optimizer = torch.optim.AdamW([w])
    w.sum().backward()
    optimizer.step()
    kept = [tensor.shape for tensor in optimizer.state[w].values()]
    return 2 + kept.count(w.shape)
