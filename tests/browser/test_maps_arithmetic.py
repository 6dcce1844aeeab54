"""The maps that the browser computes are those of core/interpret/attribution.py."""

import json

import numpy as np
import torch
from playwright.sync_api import Page

from core.interpret.attribution import class_row, course_heatmap, rollout, rollout_steps
from tests.conftest import ROOT

SOURCE = ROOT / "dashboard/vision/maps_instrument/arithmetic.js"
CLOSE = 1e-6
LAYERS, HEADS, TOKENS = 3, 2, 10


def in_browser(blank: Page, expression: str, maps: torch.Tensor) -> np.ndarray:
    told = blank.evaluate(
        f"(given) => {{ {SOURCE.read_text(encoding='utf-8')}\n"
        "const maps = given.map((heads) => heads.map((map) => Float64Array.from(map.flat())));\n"
        f"return JSON.stringify({expression}, (key, one) => "
        "ArrayBuffer.isView(one) ? Array.from(one) : one); }",
        maps.tolist(),
    )
    return np.asarray(json.loads(told))


def attention() -> torch.Tensor:
    torch.manual_seed(4)
    return torch.randn(LAYERS, HEADS, TOKENS, TOKENS, dtype=torch.float64).mul(3).softmax(-1)


def test_rows_and_their_mean(blank: Page) -> None:
    maps = attention()
    for query in (0, 7):
        one = in_browser(blank, f"classRow(maps[1][0], {query})", maps)
        np.testing.assert_allclose(one, class_row(maps[1, 0], query), rtol=CLOSE)
        mean = in_browser(blank, f"courseHeatmap(maps.flat(), {query})", maps)
        np.testing.assert_allclose(mean, course_heatmap(maps[None], query=query)[0], rtol=CLOSE)


def test_rollout_through_every_layer(blank: Page) -> None:
    maps = attention()
    steps = in_browser(blank, "rolloutSteps(maps)", maps).reshape(LAYERS, TOKENS, TOKENS)
    np.testing.assert_allclose(steps, torch.cat(rollout_steps(maps[None])), rtol=CLOSE)
    flows = in_browser(blank, "rollouts(maps)", maps).reshape(LAYERS, TOKENS, TOKENS)
    for through in range(1, LAYERS + 1):
        wanted = rollout(maps[None, :through])[0]
        np.testing.assert_allclose(flows[through - 1], wanted, rtol=CLOSE)
    np.testing.assert_allclose(flows.sum(-1), 1, rtol=CLOSE)
