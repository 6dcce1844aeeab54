"""Filters and draws: what may be chosen from logits, how probable it is, and one random token.

Letters   V vocabulary · l logits · t temperature · p nucleus mass · k tokens kept

Sources: Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration", section 3.1
(nucleus, equation 2) and 3.3 (temperature, equation 4); Fan et al. 2018, "Hierarchical Neural
Story Generation", section 5.4 (top-k).
"""

import math
from numbers import Real

import torch
from torch import Tensor


def temperature(logits: Tensor, t: float) -> Tensor:
    """l / t, over the last axis: t < 1 sharpens the distribution, t > 1 flattens it.

    logits: (..., V) -> (..., V). As t → 0 all mass goes to the largest logit: greedy.
    Errors: ValueError for t ≤ 0, infinite or NaN, and for NaN among the logits.
    """
    if not (_is_number(t) and 0 < t < math.inf):
        raise ValueError(f"The temperature must be a finite number above 0, not {t!r}.")
    require_no_nan(logits)
    t = float(t)
    scaled = logits / t
    if (scaled.isinf() & logits.isfinite()).any():  # l / t left the range of floats: l - max fits
        best = logits.amax(-1, keepdim=True)
        scaled = torch.where(logits == best, torch.zeros_like(scaled), (logits - best) / t)
    return scaled


def top_k(logits: Tensor, k: int) -> Tensor:
    """Keep the k largest logits of every row; the others become -inf. Of equals, the lower id.

    logits: (..., V) -> (..., V). k ≥ V keeps all.
    Errors: ValueError for k < 1 or not whole, and for NaN among the logits.
    """
    if not (_is_number(k) and k >= 1 and float(k).is_integer()):
        raise ValueError(f"top-k must keep a whole number of tokens, at least 1, not {k!r}.")
    require_no_nan(logits)
    order = logits.argsort(dim=-1, descending=True, stable=True)
    return logits.scatter(-1, order[..., int(k) :], -torch.inf)


def nucleus(logits: Tensor, p: float) -> Tensor:
    """Top-p: keep the smallest set of tokens, most probable first, whose probabilities reach p.

    Token i of the sorted row stays if Σ_{j<i} P(j) < p, so the one that crosses p is kept
    (Holtzman et al. 2020, equation 2). Of equally probable tokens the lower id comes first.
    logits: (..., V) -> (..., V), what is cut at -inf. p = 1 keeps all; p → 0 keeps one.
    Errors: ValueError for p outside (0, 1] or NaN, and for NaN among the logits.
    """
    if not (_is_number(p) and 0 < p <= 1):
        raise ValueError(f"top-p must lie above 0 and at most at 1, not {p!r}.")
    probabilities = distribution(logits)
    if p == 1:
        return logits
    ordered, order = probabilities.sort(dim=-1, descending=True, stable=True)
    mass_before = torch.nn.functional.pad(ordered.cumsum(-1)[..., :-1], (1, 0))
    cut = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, order, mass_before >= p)
    return logits.masked_fill(cut, -torch.inf)


def distribution(logits: Tensor) -> Tensor:
    """softmax(l) in float64, (..., V) -> (..., V). Logits of +inf share all mass equally.

    Errors: ValueError for NaN, and when every logit of a row is -inf.
    """
    require_no_nan(logits)
    best = logits.amax(-1, keepdim=True)
    if (best == -torch.inf).any():
        raise ValueError("Every logit is -inf, so there is no token to choose.")
    certain = torch.where(logits == torch.inf, 0.0, -torch.inf)
    return torch.where(best == torch.inf, certain, logits).double().softmax(-1)


def sample(logits: Tensor, generator: torch.Generator) -> Tensor:
    """One token of every row, drawn with softmax(l); logits: (..., V) -> ids (...)."""
    draws = torch.rand(logits.shape[:-1], generator=generator, device=generator.device)
    return token_at(logits, draws.to(logits.device))


def token_at(logits: Tensor, draws: Tensor) -> Tensor:
    """The token into whose share of [0, 1) each draw falls, most probable token first.

    logits: (..., V), draws: (...) in [0, 1) -> ids (...). The same draw under two filters gives
    comparable tokens: that is what one seed in two columns means.
    """
    ordered, order = distribution(logits).sort(dim=-1, descending=True, stable=True)
    reached = ordered.cumsum(-1)
    target = draws[..., None].double() * reached[..., -1:]
    index = torch.searchsorted(reached, target, right=True)
    last = (ordered > 0).sum(-1, keepdim=True) - 1
    return order.gather(-1, index.minimum(last)).squeeze(-1)


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def require_no_nan(logits: Tensor) -> None:
    """Errors: ValueError for NaN among the logits."""
    if logits.isnan().any():
        raise ValueError("The logits contain NaN, so there is no distribution to draw from.")
