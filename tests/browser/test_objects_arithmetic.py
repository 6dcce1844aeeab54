"""What the browser computes of attention and object size is what core and NumPy compute."""

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from core.interpret.faithfulness import correlation
from tests.browser.waiting import no_errors, open_page
from tests.conftest import ROOT

SOURCE = ROOT / "dashboard/vision/objects_instrument/arithmetic.js"


@pytest.mark.parametrize("seed", [0, 1])
def test_correlation_line_and_mean_are_the_same(blank: Page, seed: int) -> None:
    a, b = np.random.default_rng(seed).normal(size=(2, 500))
    b += 0.3 * a
    source = SOURCE.read_text(encoding="utf-8")
    found = blank.evaluate(
        f"""([a, b]) => {{ {source}
        return [correlation(a, b), ...polyfit(a, b), correlation(a, a.map(() => 1)),
          ...meanOf([a, b])]; }}""",
        [a.tolist(), b.tolist()],
    )
    wanted = [correlation(torch.tensor(a), torch.tensor(b)), *np.polyfit(a, b, 1), 0, *(a + b) / 2]
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-12)


def test_a_head_is_chosen_by_hand_and_by_keys(page: Page, dashboard_url: str) -> None:
    open_page(page, dashboard_url, "maps", "try=size+of+the+object&of=2.1")
    title = page.locator("[data-plot=size] figcaption")
    expect(title).to_contain_text("layer 2, head 1")
    page.locator("[data-plot=by-head] svg[role=application]").press("ArrowRight")
    expect(title).to_contain_text("layer 2, head 2")
    page.wait_for_url("**head=2**")
    page.get_by_role("slider", name="Layer").press("ArrowLeft")
    expect(title).to_contain_text("layer 1, head 2")
    page.locator("[data-plot=by-head] svg[role=application]").press("Home")
    expect(title).to_contain_text("all layers")
    no_errors(page)
    page.evaluate(
        "window.unrolledLive.objects.drawn.forEach((one) => { one.draw = () => { throw 1 } })"
    )
    page.get_by_role("slider", name="Layer").press("ArrowRight")
    expect(page.locator(".st-key-figure-size .js-plotly-plot")).to_be_visible()
