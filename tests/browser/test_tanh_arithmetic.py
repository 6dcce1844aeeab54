"""States and gradients of the tanh RNN in the browser are those of through_time/backward.py."""

import json

import numpy as np
import pytest
from playwright.sync_api import Page

from core.linear_rnn.through_time import backward
from tests.conftest import ROOT

SOURCE = ROOT / "dashboard/rnn/tanh_instrument/arithmetic.js"


@pytest.mark.parametrize(("rho", "size", "T"), [(1.5, 4.0, 40), (0.8, 0.0, 5), (2.0, 0.1, 60)])
def test_states_and_norms(blank: Page, rho: float, size: float, T: int) -> None:
    W, inputs = backward.drawn_network()
    W, inputs = rho * W, size * inputs[:T]
    told = blank.evaluate(
        f"([W, u, d, T]) => {{ {SOURCE.read_text(encoding='utf-8')}\n"
        "const h = states(W, u, d, T);\n"
        "const slopes = h.map((row) => row.map((v) => 1 - v * v));\n"
        "return JSON.stringify([h.map((row) => [...row]), [...norms(W, slopes, d)]]); }",
        [W.ravel().tolist(), inputs.ravel().tolist(), backward.UNITS, T],
    )
    h, found = json.loads(told)
    np.testing.assert_allclose(h, backward.states(W, inputs), atol=1e-6)
    np.testing.assert_allclose(found, backward.norms(W, inputs), rtol=1e-4)
