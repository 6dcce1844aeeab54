"""The losses that the browser computes from the power law are Python's; width and data move."""

from dataclasses import asdict

import pytest
from playwright.sync_api import Page, expect

from core.models.power_law.fit import Law
from tests.browser.waiting import no_errors, open_page
from tests.conftest import ROOT

SOURCE = ROOT / "dashboard/text/power_law_instrument/arithmetic.js"


def test_the_law(blank: Page) -> None:
    law = Law(0.594, 4_000.0, 0.55, 0.87)
    told = blank.evaluate(
        f"(law) => {{ {SOURCE.read_text(encoding='utf-8')}\nreturn lossOf(law, 24, 5000); }}",
        asdict(law),
    )
    assert told == pytest.approx(law.loss(24, 5000), rel=1e-12)


def test_the_sliders_move_the_prediction_and_the_link_keeps_them(
    page: Page, dashboard_url: str
) -> None:
    open_page(page, dashboard_url, "gpt", "section=Width+and+data")
    said = page.locator(".live .say")
    expect(said).to_contain_text("w = 16, D = 6,000: the law says")
    page.get_by_role("slider", name="Width w").press("End")
    page.get_by_role("slider", name="Dialogues D").press("End")
    expect(said).to_contain_text("w = 64, D = 24,000: the law says")
    expect(said).to_contain_text("no such model is shown")  # before the prediction
    page.wait_for_url("**law-data=4*")
    no_errors(page)
