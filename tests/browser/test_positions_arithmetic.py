"""The position code that the browser computes is that of core/models/positions.py."""

import json

import numpy as np
import pytest
from playwright.sync_api import Page

from core.models import positions
from tests.conftest import ROOT

SOURCE = ROOT / "dashboard/attention/positions_instrument/arithmetic.js"
CLOSE = 1e-6


def in_browser(blank: Page, expression: str, given: object = None) -> object:
    told = blank.evaluate(
        f"(given) => {{ {SOURCE.read_text(encoding='utf-8')}\n"
        f"return JSON.stringify({expression}, (key, one) => "
        "ArrayBuffer.isView(one) ? Array.from(one) : one); }",
        given,
    )
    return json.loads(told)


@pytest.mark.parametrize("dim", [8, 64, 248])
def test_the_table_its_wavelengths_and_its_similarity(blank: Page, dim: int) -> None:
    table = positions.sinusoidal(200, dim)
    found = in_browser(blank, "sinusoidal(200, given)", dim)
    np.testing.assert_allclose(found, table, rtol=CLOSE, atol=1e-12)
    mean, spread = positions.similarity_by_distance(table)
    assert spread.max() < CLOSE
    by_distance = in_browser(blank, "similarityByDistance(200, given)", dim)
    np.testing.assert_allclose(by_distance, mean, rtol=CLOSE, atol=1e-9)
    for pair in (0, dim // 2 - 1):
        length = in_browser(blank, "wavelength(...given)", [dim, pair])
        assert length == pytest.approx(positions.wavelength(dim, pair), rel=CLOSE)


def test_the_similarity_of_one_row(blank: Page) -> None:
    table = np.random.default_rng(3).normal(size=(20, 6))
    table[4] = 0
    found = in_browser(blank, "[0, 4, 19].map((t) => similarityTo(given, t))", table.tolist())
    np.testing.assert_allclose(
        found, positions.similarity(table)[[0, 4, 19]], rtol=CLOSE, atol=1e-12
    )
