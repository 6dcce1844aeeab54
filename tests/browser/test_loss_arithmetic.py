"""The losses that the browser computes are those of core/decoding/likelihood.py; one is moved."""

import json

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from core.decoding.likelihood import bits, mean_loss, perplexity
from tests.browser.waiting import no_errors, open_page
from tests.conftest import ROOT

SOURCE = ROOT / "dashboard/text/loss_instrument/arithmetic.js"


@pytest.mark.parametrize("p", [[1.0], [0.5, 0.005], [1e-4, 0.3, 1 / 13456, 0.99]])
def test_nats_bits_and_perplexity(blank: Page, p: list[float]) -> None:
    told = blank.evaluate(
        f"(p) => {{ {SOURCE.read_text(encoding='utf-8')}\n"
        "return JSON.stringify([meanLoss(p), bits(meanLoss(p)), perplexity(p)]); }",
        p,
    )
    expected = [mean_loss(p), bits(mean_loss(p)), perplexity(p)]
    np.testing.assert_allclose(json.loads(told), expected, atol=1e-12, rtol=1e-12)


def test_the_slider_moves_the_loss_and_the_link_keeps_it(page: Page, dashboard_url: str) -> None:
    open_page(page, dashboard_url, "gpt", "section=Loss+and+perplexity&model=gpt-grammar")
    said = page.locator(".live .say")
    expect(said).to_contain_text("−ln p = 2.30 nats = 3.32 bits")
    slider = page.get_by_role("slider", name="If its probability were p")
    slider.press("End")
    expect(said).to_contain_text("−ln p = 0.00 nats")
    slider.press("Home")
    expect(said).to_contain_text("−ln p = 9.21 nats = 13.29 bits")
    page.wait_for_url("**loss-p=-4*")
    no_errors(page)
