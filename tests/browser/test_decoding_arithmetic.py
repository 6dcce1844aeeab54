"""What a decoding step computes in the browser is what core/decoding/strategies.py does."""

import json
import zlib

import numpy as np
import pytest
import torch
from playwright.sync_api import Page

from core.decoding import strategies
from dashboard.decoding.instrument import CODES, encode
from tests.conftest import ROOT

FOLDER = ROOT / "dashboard/decoding/instrument"
CLOSE = 1e-6


def sorted_logits(seed: int, count: int) -> torch.Tensor:
    logits = 4 * torch.randn(count, dtype=torch.float64, generator=torch.manual_seed(seed))
    return logits.sort(descending=True).values


def in_browser(page: Page, expression: str, given: object) -> object:
    source = (FOLDER / "arithmetic.js").read_text(encoding="utf-8")
    page.goto("about:blank")
    told = page.evaluate(
        f"(given) => {{ {source}\n return JSON.stringify({expression}, (key, one) => "
        "ArrayBuffer.isView(one) ? Array.from(one) : one); }",
        given,
    )
    return json.loads(told)


@pytest.mark.parametrize("seed", range(3))
def test_distributions_cuts_and_draws_are_the_same(page: Page, seed: int) -> None:
    logits = sorted_logits(seed, 3000)
    for t in (0.1, 0.7, 1.0, 2.0):
        hot = strategies.temperature(logits, t)
        given = {"l": logits.tolist(), "t": t}
        found = in_browser(page, "distribution(given.l, given.t)", given)
        np.testing.assert_allclose(found, strategies.distribution(hot), rtol=CLOSE)
        for p in (0.01, 0.5, 0.9, 1.0):
            left = strategies.nucleus(hot, p)
            kept = int((left > -torch.inf).sum())
            got = in_browser(
                page, "[distribution(given.l, given.t)].map((P) => [nucleus(P, given.p),"
                "renormalised(P, nucleus(P, given.p))])[0]", given | {"p": p},
            )  # fmt: skip
            assert isinstance(got, list)
            assert got[0] == kept
            np.testing.assert_allclose(got[1], strategies.distribution(left), rtol=CLOSE)
            draws = [*np.random.default_rng(seed).random(20).round(6).tolist(), 0.0]
            at = in_browser(
                page, "[renormalised(distribution(given.l, given.t), given.kept)].map((P) =>"
                "given.draws.map((u) => tokenAt(P, u)))[0]",
                given | {"kept": kept, "draws": draws},
            )  # fmt: skip
            rows = left.expand(len(draws), -1)
            assert at == strategies.token_at(rows, torch.tensor(draws)).tolist()
    for k in (1, 40, 5000):
        left = strategies.top_k(logits, k)
        kept = in_browser(page, "topK(given.l, given.k)", {"l": logits.tolist(), "k": k})
        assert kept == int((left > -torch.inf).sum())


def test_the_entropy_is_that_of_a_step(page: Page) -> None:
    logits = sorted_logits(5, 500)
    step = strategies.Step((1,), logits, strategies.Greedy(), 0, 0.0, None, False)
    found = in_browser(page, "entropy(distribution(given))", logits.tolist())
    assert found == pytest.approx(step.entropy, rel=CLOSE)
    assert in_browser(page, "distribution([3, 2, 1], 0)", None) == [1, 0, 0]


@pytest.mark.parametrize("count", [1, 2, 75, 13_456])
def test_logits_of_two_bytes_come_back(page: Page, count: int) -> None:
    logits = sorted_logits(1, count).numpy()
    if count > 2:
        logits[-1] = -np.inf
    codes, high, low = encode(logits)
    plain = list(zlib.decompress(codes))
    source = (FOLDER / "step.js").read_text(encoding="utf-8")
    unpack = source[source.index("function unpack") : source.index("function percent")]
    page.goto("about:blank")
    found = page.evaluate(
        f"(given) => {{ const CODES = {CODES}; {unpack}\n"
        "return Array.from(unpack(given.bytes, given)); }",
        {"bytes": plain, "count": count, "high": high, "low": low},
    )
    kept = np.isfinite(logits)
    assert np.abs(np.array(found)[kept] - logits[kept]).max() <= (high - low) / CODES + 1e-9
    assert len(codes) < 12_000, "a step is a small message"
