"""What the browser computes for the next token is what core/decoding/cost.py computes."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.decoding.cost import VARIANTS, bytes_read, cache_bytes, operations
from core.decoding.timing import read_report
from core.decoding.weights import decode_weights
from core.models.zoo import find_model, load_model
from dashboard.components.streamlit_dom import keyed
from dashboard.decoding import costs_instrument
from tests.browser.axe import barriers_in_both_themes
from tests.browser.waiting import no_errors, open_page
from tests.conftest import ROOT

SOURCE = ROOT / "dashboard/decoding/costs_instrument/arithmetic.js"
LENGTHS = (1, 2, 50, 163, 200)


def test_operations_and_bytes(blank: Page) -> None:
    weights = decode_weights(load_model(find_model("gpt-grammar")).model)
    variants = [variant._asdict() for variant in VARIANTS.values()]
    told = blank.evaluate(
        f"([sizes, variants, lengths]) => {{ {SOURCE.read_text(encoding='utf-8')}\n"
        "return JSON.stringify(lengths.map((T) => [...variants.map((v) => operations(sizes, T, v)),"
        " cacheBytes(sizes, T), bytesRead(sizes, T)])); }",
        [costs_instrument.sizes(weights), variants, LENGTHS],
    )
    assert json.loads(told) == [
        [
            *(operations(weights, T, name) for name in VARIANTS),
            cache_bytes(weights, T),
            bytes_read(weights, T, 32),
        ]
        for T in LENGTHS
    ]


def test_the_table_has_the_numbers_for_t_tokens_and_follows_it(
    page: Page, dashboard_url: str
) -> None:
    open_page(page, dashboard_url, "decoding", "section=the KV cache&tokens=150")
    root = page.locator(f"{keyed('live-costs')} .live")
    expect(root.locator("th[scope=col]")).to_have_text(
        ["the next token", "multiply-adds T = 150", "measured T = 150"]
    )
    weights = decode_weights(load_model(find_model("gpt-shakespeare")).model)
    near = next(timing for timing in read_report().timings if timing.length == 150)
    expect(root.locator("td")).to_have_text(
        [
            text
            for name in VARIANTS
            for text in (
                f"{operations(weights, 150, name) / 1e6:,.2f} M",
                f"{near.ms[name]:.2f} ms",
            )
        ]
    )
    root.get_by_text("Save", exact=True).click()
    with page.expect_download() as download:
        root.get_by_role("button", name="Data").click()
    saved = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    curve = [timing.ms[next(iter(VARIANTS))] for timing in read_report().timings]
    assert [float(line.split(",")[1]) for line in saved[1 : 1 + len(curve)]] == pytest.approx(curve)
    root.locator("input").press("End")
    expect(root.locator("td").first).to_have_text(
        f"{operations(weights, 200, next(iter(VARIANTS))) / 1e6:,.2f} M"
    )
    expect(root.locator(".say p")).to_contain_text(f"{cache_bytes(weights, 200) / 1e6:.2f} MB")
    page.wait_for_url("**tokens=200**")
    assert barriers_in_both_themes(page) == []
    no_errors(page)
