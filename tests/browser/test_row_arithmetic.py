"""What a row of attention computes in the browser is what core/attention.py does."""

import numpy as np
import pytest
import torch
from playwright.sync_api import Page

from core.attention import attention
from tests.conftest import ROOT

SOURCE = ROOT / "dashboard/attention/row_instrument/arithmetic.js"


@pytest.mark.parametrize(("seed", "t"), [(0, 1.0), (1, 0.1), (2, 5.0)])
def test_weights_and_their_sum_of_values_are_the_same(blank: Page, seed: int, t: float) -> None:
    generator = torch.manual_seed(seed)
    q, k, v = torch.randn(3, 40, 16, dtype=torch.float64, generator=generator).unbind()
    mask = torch.rand(40, 40, generator=generator) < 0.7
    mask[1] = False  # a query that may look at nothing
    out, weights = attention(q / t, k, v, mask)
    scores = q @ k.T / 4
    source = SOURCE.read_text(encoding="utf-8")
    for row in range(10):
        found = blank.evaluate(
            f"""(given) => {{ {source}
            const weights = attentionWeights(given.scores, given.allowed, given.t);
            return [weights, attention(weights, given.values.flat(), 16)].map((a) => [...a]); }}""",
            {
                "scores": scores[row].tolist(), "allowed": mask[row].tolist(), "t": t,
                "values": v.tolist(),
            },
        )  # fmt: skip
        np.testing.assert_allclose(found[0], weights[row], rtol=1e-6)
        np.testing.assert_allclose(found[1], out[row], rtol=1e-6, atol=1e-12)
