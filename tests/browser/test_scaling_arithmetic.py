"""Softmax, entropy and gradient in the browser are those of core/interpret/softmax_scale.py."""

import json

import numpy as np
from playwright.sync_api import Page

from core.interpret import softmax_scale
from tests.conftest import ROOT

SOURCE = ROOT / "dashboard/attention/scaling_instrument/arithmetic.js"


def test_weights_entropy_and_gradient(blank: Page) -> None:
    scores = softmax_scale.one_query()[[0, 3, 63, 255]]
    told = blank.evaluate(
        f"(rows) => {{ {SOURCE.read_text(encoding='utf-8')}\n"
        "return JSON.stringify(rows.map(softmax).map((p) => [p, entropy(p), gradientNorm(p)])); }",
        scores.tolist(),
    )
    p = softmax_scale.softmax(scores)
    for found, *wanted in zip(
        json.loads(told), p, softmax_scale.entropy(p), softmax_scale.gradient_norm(p), strict=True
    ):
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-8)
