"""The LSTM in the browser is that of core/linear_rnn/through_time/gates.py."""

import json

import numpy as np
import pytest
from playwright.sync_api import Page

from core.linear_rnn.through_time import gates
from tests.conftest import ROOT

SOURCE = ROOT / "dashboard/rnn/gates_instrument/arithmetic.js"


@pytest.mark.parametrize(("bias", "symbol", "delay", "added"), [(1.0, 2, 20, 0), (2.0, 7, 60, -3)])
def test_all_gates(blank: Page, bias: float, symbol: int, delay: int, added: float) -> None:
    lstm = gates.read()[0][bias]
    weights = {name: getattr(lstm, name).tolist() for name in ("W", "U", "b", "R", "r")}
    noise = gates.sequence(0, gates.LONGEST)[0, 1:, gates.SYMBOLS :].tolist()
    told = blank.evaluate(
        f"([lstm, symbol, delay, noise, added]) => {{ {SOURCE.read_text(encoding='utf-8')}\n"
        "return JSON.stringify(run(lstm, sequence(symbol, delay, noise), added)); }",
        [weights, symbol, delay, noise, added],
    )
    steps = gates.run(lstm, gates.sequence(symbol, delay), added)
    for name, rows in json.loads(told).items():
        np.testing.assert_allclose(rows, getattr(steps, name)[0], atol=1e-9, err_msg=name)
