"""Numbers behind the derivations: the gradient of the loss, perplexity, units, temperature."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from core.study.kinds.pictures import TEMPERATURES, temperatures
from core.study.measure.store import Values

STEPS, RADIUS = 100, 0.9
WORDS, LOWER = 1000, 0.69  # of a text, and by how many nats its loss is lowered


def derivations() -> Values:
    """p - y against autograd, and its components for a sure and an unsure model; three
    probabilities in bits and nats, two perplexities, a bias after many steps, the words that hold
    90% at two temperatures, and the arrays that AdamW and SGD keep."""
    z = torch.tensor([0.3, -1.2, 5.9, 0.7], dtype=torch.float64, requires_grad=True)
    torch.nn.functional.cross_entropy(z[None], torch.tensor([2])).backward()
    assert z.grad is not None
    p = z.detach().softmax(-1)
    right = torch.tensor([0.0, 0.0, 1.0, 0.0])
    by_formula = p - right
    wrong = by_formula[right == 0]
    adam, sgd = _arrays(torch.optim.AdamW), _arrays(partial(torch.optim.SGD, lr=0.1))
    bits = -float(np.log2([1 / 2, 1 / 4, 1 / 8]).mean())
    words = {t: _words(curves[0].y) for t, curves in zip(TEMPERATURES, temperatures(), strict=True)}
    return {
        "gradient_error": float((z.grad - by_formula).abs().max()),
        **{"gradient_sure": float(by_formula.abs().max()), "sure": float(p[2])},
        "gradient_unsure": float((torch.zeros(4).softmax(-1) - right).abs().max()),
        **{"wrong_low": float(wrong.min()), "wrong_high": float(wrong.max())},
        **{"bits": bits, "nats": bits * math.log(2), "perplexity": 2**bits},
        **{"halved": math.exp(-0.69), "uniform_bits": math.log2(64), "uniform_nats": math.log(64)},
        **_two_perplexities(),
        **_bias(),
        **{"words_one": words[1.0], "words_two": words[2.0]},
        **{"adam_arrays": adam, "sgd_arrays": sgd, "adam_growth": adam / sgd},
        "words_all": len(temperatures()[0][0].y),
    }


def _words(shares: tuple[float, ...]) -> int:
    """How many of the most probable words hold 90% of the probability."""
    return 1 + int(np.searchsorted(shares, 0.9))


def _two_perplexities() -> Values:
    """Of a text whose words get probabilities from 1 to 40%, and of a loss that is LOWER."""
    log_p = np.log(np.random.default_rng(0).uniform(0.01, 0.4, WORDS))
    first, second = (math.exp(-float((log_p + nats).mean())) for nats in (0, LOWER))
    return {
        **{"text_words": WORDS, "first_perplexity": first, "second_perplexity": second},
        **{"perplexity_fall": first - second, "perplexity_factor": first / second},
    }


def _bias() -> Values:
    """‖h_T - (I - W)⁻¹ b‖ / ‖(I - W)⁻¹ b‖ without input, with ρ(W) = RADIUS; ‖h_T‖ / ‖b‖ and
    ‖h_T - b‖ / ‖b‖."""
    from core.linear_rnn.matrices import preset

    W = RADIUS * preset("vanishing", 8)
    b, h = np.ones(8), np.zeros(8)
    for _ in range(STEPS):
        h = W @ h + b
    rest = np.linalg.solve(np.eye(8) - W, b)
    length = float(np.linalg.norm(b))
    return {
        "bias_steps": STEPS,
        "bias_left": float(np.linalg.norm(h - rest) / np.linalg.norm(rest)),
        "bias_times_b": float(np.linalg.norm(h)) / length,
        "bias_from_b": float(np.linalg.norm(h - b)) / length,
    }


def _arrays(make: Callable[[list[torch.Tensor]], torch.optim.Optimizer]) -> int:
    """Arrays of the size of one weight after a step: itself, its gradient, and what is kept."""
    w = torch.zeros(5, requires_grad=True)
    optimizer = make([w])
    w.sum().backward()
    optimizer.step()
    shapes = [tensor.shape for tensor in optimizer.state[w].values()]
    return 2 + shapes.count(w.shape)
