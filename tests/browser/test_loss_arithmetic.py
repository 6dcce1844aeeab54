"""The losses that the browser computes are those of core/decoding/likelihood.py."""

import json

import numpy as np
import pytest
from playwright.sync_api import Page

from core.decoding.likelihood import bits, mean_loss, perplexity
from tests.conftest import ROOT

SOURCE = ROOT / "dashboard/text/loss_instrument/arithmetic.js"


@pytest.mark.parametrize("p", [[1.0], [0.5, 0.005], [1e-4, 0.3, 1 / 13456, 0.99]])
def test_nats_bits_and_perplexity(page: Page, p: list[float]) -> None:
    page.goto("about:blank")
    told = page.evaluate(
        f"(p) => {{ {SOURCE.read_text(encoding='utf-8')}\n"
        "return JSON.stringify([meanLoss(p), bits(meanLoss(p)), perplexity(p)]); }",
        p,
    )
    expected = [mean_loss(p), bits(mean_loss(p)), perplexity(p)]
    np.testing.assert_allclose(json.loads(told), expected, atol=1e-12, rtol=1e-12)
