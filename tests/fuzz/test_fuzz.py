"""The fuzzer's corpus once over, and formulas made up by our own grammar, without the fuzzer."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from tests.fuzz.formulas import slowest, typed
from tests.fuzz.targets import TARGETS, attempt

CORPUS = sorted(p for p in (Path(__file__).parent / "corpus").glob("*/*") if p.is_file())
FORMULAS = 500


@pytest.fixture(autouse=True, scope="module")
def nobodys_garbage() -> Iterator[None]:
    """What other tests left in memory is not searched through on a formula's clock."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("seed", CORPUS, ids=lambda p: f"{p.parent.name}-{p.name}")
def test_the_corpus_is_handled(seed):
    attempt(seed.parent.name, seed.read_bytes())


def test_every_target_has_a_corpus():
    assert {seed.parent.name for seed in CORPUS} == set(TARGETS)


@given(st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_any_formula_is_answered(draw):
    data = typed(draw).encode("utf-8", "replace")
    attempt("answer", data)
    attempt("study", data)


@pytest.mark.parametrize("target", ["answer", "study"])
def test_made_up_formulas_are_answered_within_bounds(target):
    slowest(FORMULAS, target)
