"""Filters, strategies and the generation loop: definitions, limits and refusals."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st
from torch import Tensor

from core.decoding.strategies import (
    Greedy,
    Nucleus,
    Strategy,
    Temperature,
    TopK,
    distribution,
    generate,
    nucleus,
    sample,
    temperature,
    token_at,
    top_k,
)

INF = math.inf
# Quarters on a coarse grid: many exact ties, no sums that differ only by rounding.
rows = st.lists(
    st.one_of(st.integers(-12, 12).map(lambda n: n / 4), st.just(-INF)), min_size=1, max_size=12
).filter(lambda row: max(row) > -INF)


def kept(logits: Tensor) -> list[bool]:
    return (logits > -INF).tolist()


def brute_force_nucleus(row: list[float], p: float) -> list[bool]:
    """Most probable first, lower id first of equals, until the mass reaches p."""
    weights = [math.exp(value) for value in row]
    order = sorted(range(len(row)), key=lambda i: (-weights[i], i))
    keep, mass = [False] * len(row), 0.0
    for i in order:
        if mass >= p or weights[i] == 0:
            break
        keep[i] = True
        mass += weights[i] / sum(weights)
    return keep


@given(rows, st.floats(1e-6, 0.999))
def test_nucleus_is_the_smallest_set_of_likeliest_tokens_that_reaches_p(
    row: list[float], p: float
) -> None:
    probabilities = distribution(torch.tensor(row))
    sums = probabilities.sort(descending=True).values.cumsum(0)
    if (sums - p).abs().min() < 1e-9:
        return  # the mass meets p to rounding: either answer is the definition's
    assert kept(nucleus(torch.tensor(row), p)) == brute_force_nucleus(row, p)


@given(rows)
def test_p_of_one_keeps_everything_and_p_towards_zero_keeps_one(row: list[float]) -> None:
    logits = torch.tensor(row)
    assert torch.equal(nucleus(logits, 1.0), logits)
    one = nucleus(logits, 1e-12)
    assert kept(one).index(True) == int(logits.argmax())
    assert sum(kept(one)) == 1


def test_the_token_that_crosses_p_is_kept() -> None:
    logits = torch.tensor([0.5, 0.3, 0.2]).log()
    assert kept(nucleus(logits, 0.6)) == [True, True, False]
    assert kept(nucleus(logits, 0.4)) == [True, False, False]


@given(rows, st.integers(1, 15))
def test_top_k_keeps_k_tokens_and_none_better_is_cut(row: list[float], k: int) -> None:
    logits = torch.tensor(row)
    filtered = top_k(logits, k)
    keep = torch.tensor(kept(filtered))
    finite = int((logits > -INF).sum())
    assert int(keep.sum()) == min(k, finite)
    assert torch.equal(filtered[keep], logits[keep])
    if not keep.all():
        assert logits[~keep].max() <= logits[keep].min()


def test_ties_go_to_the_lower_id() -> None:
    level = torch.zeros(6)
    assert kept(top_k(level, 2)) == [True, True, False, False, False, False]
    assert kept(nucleus(level, 0.5)) == [True, True, True, False, False, False]


def test_filters_work_on_the_last_axis_and_change_nothing_they_keep() -> None:
    logits = torch.randn(2, 3, 40, generator=torch.Generator().manual_seed(1))
    before = logits.clone()
    for filtered in (top_k(logits, 5), nucleus(logits, 0.7)):
        assert filtered.shape == logits.shape
        assert torch.equal(filtered[filtered > -INF], logits[filtered > -INF])
    for b in range(2):
        for t in range(3):
            assert torch.equal(nucleus(logits, 0.7)[b, t], nucleus(logits[b, t], 0.7))
    assert torch.equal(temperature(logits, 2.0), logits / 2)
    assert torch.equal(logits, before)


def test_infinite_logits() -> None:
    logits = torch.tensor([1.0, INF, -INF, INF])
    assert distribution(logits).tolist() == [0.0, 0.5, 0.0, 0.5]
    assert kept(nucleus(logits, 0.9)) == [False, True, False, True]
    assert kept(top_k(logits, 1)) == [False, True, False, False]
    assert temperature(logits, 0.5).tolist() == [2.0, INF, -INF, INF]
    with pytest.raises(ValueError, match="Every logit is -inf"):
        nucleus(torch.full((3,), -INF), 0.5)


@pytest.mark.parametrize("t", [0, 0.0, -1.0, math.nan, INF, "warm", None])
def test_temperature_refuses(t: float) -> None:
    with pytest.raises(ValueError, match="temperature must be a finite number above 0"):
        temperature(torch.zeros(3), t)


@pytest.mark.parametrize("p", [0, 0.0, -0.1, 1.0001, math.nan, INF, "most"])
def test_nucleus_refuses(p: float) -> None:
    with pytest.raises(ValueError, match="top-p must lie above 0 and at most at 1"):
        nucleus(torch.zeros(3), p)


@pytest.mark.parametrize("k", [0, -3, 1.5, math.nan, INF])
def test_top_k_refuses(k: int) -> None:
    with pytest.raises(ValueError, match="whole number of tokens"):
        top_k(torch.zeros(3), k)


@pytest.mark.parametrize(
    "strategy", [Greedy(), Temperature(t=0.5), TopK(k=2), Nucleus(p=0.5), Nucleus(p=1.0)]
)
def test_logits_that_are_not_numbers_are_refused(strategy: Strategy) -> None:
    with pytest.raises(ValueError, match="contain NaN"):
        strategy.filter(torch.tensor([0.0, math.nan]))


@pytest.mark.parametrize("t", [1e-3, 1e-9, 1e-30, 1e-44])
def test_temperature_towards_zero_is_greedy(t: float) -> None:
    logits = torch.randn(8, 500, generator=torch.Generator().manual_seed(2))
    filtered = Temperature(t=t).filter(logits)
    draws = torch.linspace(0, 0.999, 8)
    assert torch.equal(token_at(filtered, draws), logits.argmax(-1))
    assert torch.equal(Greedy().choose(logits, draws), logits.argmax(-1))


def test_any_kind_of_number_is_a_temperature() -> None:
    expected = torch.tensor([4.0, 2.0, 0.0])
    for half in (0.5, Fraction(1, 2), np.float32(0.5)):
        assert torch.equal(temperature(torch.tensor([2.0, 1.0, 0.0]), half), expected)  # type: ignore[arg-type]


def test_temperature_comes_before_the_cut() -> None:
    logits = torch.tensor([0.6, 0.3, 0.1]).log()
    hot = Nucleus(t=3.0, p=0.6).filter(logits)
    assert torch.equal(hot, nucleus(temperature(logits, 3.0), 0.6))
    cut_first = temperature(nucleus(logits, 0.6), 3.0)
    assert kept(hot) == [True, True, False]
    assert kept(cut_first) == [True, False, False]


def test_draws_fall_in_proportion_to_the_probabilities() -> None:
    logits = torch.tensor([0.1, 0.6, 0.3]).log()
    draws = (torch.arange(1000) + 0.5) / 1000
    counts = token_at(logits.expand(1000, 3), draws).bincount(minlength=3)
    assert counts.tolist() == [100, 600, 300]
    assert token_at(logits, torch.tensor(0.59)) == 1
    assert token_at(logits, torch.tensor(0.61)) == 2


def test_the_same_seed_draws_the_same_tokens_and_never_a_cut_one() -> None:
    logits = torch.randn(64, 300, generator=torch.Generator().manual_seed(3))
    filtered = Nucleus(p=0.3).filter(logits)
    first = sample(filtered, torch.Generator().manual_seed(7))
    assert torch.equal(first, sample(filtered, torch.Generator().manual_seed(7)))
    assert not torch.equal(first, sample(filtered, torch.Generator().manual_seed(8)))
    assert (filtered.gather(-1, first[:, None]) > -INF).all()


def bigram_logits(ids: tuple[int, ...]) -> Tensor:
    """A model of eleven tokens that looks at the last one only."""
    return torch.randn(11, generator=torch.Generator().manual_seed(ids[-1]))


def run(strategy: Strategy, seed: int = 5, **options: list[int]) -> list[int]:
    generator = torch.Generator().manual_seed(seed)
    return [s.token for s in generate(bigram_logits, [0], strategy, 30, generator, **options)]


def test_generation_repeats_itself_bit_for_bit_from_the_same_seed() -> None:
    assert run(Temperature(t=1.3)) == run(Temperature(t=1.3))
    assert run(Temperature(t=1.3)) != run(Temperature(t=1.3), seed=6)
    assert run(Temperature(t=1e-9)) == run(Greedy())
    assert run(TopK(k=1)) == run(Greedy()) == run(Nucleus(p=1e-9))


def test_a_branch_keeps_what_came_before_and_the_chance_of_what_comes_after() -> None:
    text = run(Temperature())
    assert run(Temperature(), forced=text[:10]) == text
    other = next(token for token in range(11) if token != text[10])
    branch = run(Temperature(), forced=[*text[:10], other])
    assert branch[:11] == [*text[:10], other]


def test_a_step_tells_how_its_token_was_chosen() -> None:
    generator = torch.Generator().manual_seed(0)
    steps = list(generate(bigram_logits, [4], Nucleus(p=0.8), 5, generator, forced=[9]))
    assert steps[0].forced
    assert steps[0].draw is None
    assert not steps[1].forced
    assert steps[1].ids == (4, 9)
    for step in steps:
        p = distribution(step.logits)
        assert math.exp(step.log_probability) == pytest.approx(float(p[step.token]))
        assert step.rank == 1 + int((p > p[step.token]).sum())
        assert step.entropy == pytest.approx(-float((p * p.log()).sum()))
        assert step.candidates == sum(kept(nucleus(step.logits, 0.8)))
    for step in steps[1:]:
        inside = distribution(step.logits)[step.filtered > -INF].sum()
        assert step.probability == pytest.approx(math.exp(step.log_probability) / float(inside))


def test_an_empty_prompt_is_refused() -> None:
    with pytest.raises(ValueError, match="prompt is empty"):
        list(generate(bigram_logits, [], Greedy(), 1, torch.Generator()))
