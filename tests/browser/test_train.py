"""The Train page in a browser: a small run is trained to its end and opened as a model."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.server import dashboard
from tests.browser.waiting import no_errors, open_page, wait_ready


@pytest.mark.timeout(600)
def test_a_run_outlives_page_and_server_and_becomes_a_model(page: Page, tmp_path: Path) -> None:
    with dashboard(tmp_path) as address:
        open_page(page, address, "train", "kind=gpt&gpt-demo-epochs=2&gpt-demo-num_layers=1")
        page.get_by_role("button", name="Start training").click()
        page.wait_for_url("**run=gpt-grammar-**")
        page.get_by_text("each batch").first.wait_for(timeout=120_000)
        no_errors(page)
        name = page.url.split("run=")[1].split("&")[0]
        page.goto("about:blank")
    with dashboard(tmp_path) as address:  # another server finds the run that the first one started
        open_page(page, address, "train", f"run={name}")
        expect(page.get_by_role("heading", name="Done")).to_be_visible(timeout=300_000)
        no_errors(page)
        wait_ready(page)  # the buttons of a run in progress have gone
        page.get_by_role("link", name="Open the model").click()
        page.wait_for_url(f"**/gpt?model={name}**")
        wait_ready(page)
        no_errors(page)
        open_page(page, address, "runs", f"search={name}")
        expect(page.get_by_text("1 of 1 runs.")).to_be_visible()
    assert len(list((tmp_path / "runs").glob("*/spec.json"))) == 1
