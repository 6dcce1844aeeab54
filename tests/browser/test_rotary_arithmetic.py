"""The rotations that the browser computes are those of core/models/positions.py."""

import json

import numpy as np
import pytest
from playwright.sync_api import Page

from core.models import positions
from dashboard.attention.rotary import BASES, TOKENS, word
from tests.conftest import ROOT

SOURCE = ROOT / "dashboard/attention/rotary_instrument/arithmetic.js"


@pytest.mark.parametrize("base", BASES)
def test_the_hands_and_the_scores(blank: Page, base: int) -> None:
    told = blank.evaluate(
        f"([x, base]) => {{ {SOURCE.read_text(encoding='utf-8')}\n"
        f"return JSON.stringify([[0, 7, 199].map((t) => rotated(x, t, base)), "
        f"similarityByDistance(x, {TOKENS}, base)]); }}",
        [word().tolist(), base],
    )
    hands, scores = json.loads(told)
    turned = positions.rotate(np.tile(word(), (TOKENS, 1)), base)
    np.testing.assert_allclose(hands, turned[[0, 7, 199]], atol=1e-9)
    np.testing.assert_allclose(scores, positions.similarity_by_distance(turned)[0], atol=1e-9)
