"""The direct part that the browser computes is that of core/interpret/direct.py."""

import json

import numpy as np
import torch
from playwright.sync_api import Page

from core.interpret.direct import DirectLogits
from tests.conftest import ROOT

SOURCE = ROOT / "dashboard/attention/heads_instrument/arithmetic.js"


def test_logits_less_the_heads_that_are_off(blank: Page) -> None:
    torch.manual_seed(2)
    layers, heads, words = 3, 4, 5
    part = torch.randn(words, dtype=torch.float64)
    given = DirectLogits(
        heads=torch.randn(layers, heads, words, dtype=torch.float64),
        lens=torch.randn(layers + 1, words, dtype=torch.float64),
        scale=torch.rand(layers + 1, dtype=torch.float64) + 0.2,
        embedding=part, mlps=part, rest=part,
    )  # fmt: skip
    data = {name: getattr(given, name).tolist() for name in ("heads", "lens", "scale")}
    for off in ([], [(0, 3)], [(0, 0), (1, 2), (2, 1), (2, 3)]):
        told = blank.evaluate(
            f"([data, off]) => {{ {SOURCE.read_text(encoding='utf-8')}\n"
            "return JSON.stringify(without(data, off)); }",
            [data, off],
        )
        np.testing.assert_allclose(json.loads(told), given.without(frozenset(off)), rtol=1e-6)
