"""Streamlit and Plotly still build their part of the page as our selectors expect it."""

import re
from pathlib import Path

from playwright.sync_api import Page, Route, TimeoutError as Timeout, expect

from dashboard.components import streamlit_dom as dom
from tests.browser import server
from tests.conftest import ROOT

CANARY = ("streamlit", "run", "tests/browser/canary_page.py", *server.STREAMLIT[3:])
FOREIGN = re.compile(r"data-testid|js-plotly|modebar-|main-svg|katex|\.st-key-|\.st[A-Z]")


def test_every_selector_matches(page: Page, tmp_path: Path) -> None:
    with server.dashboard(tmp_path, CANARY) as address:
        held: list[Route] = []
        page.route("**/PlotlyChart.*.js", lambda one: held.append(one))
        page.goto(address)
        page.wait_for_selector(f"{dom.READY} {dom.LOADING}")
        for one in held:
            one.continue_()
        expect(page.locator(dom.PLOT_AREA).first).to_be_visible()
        page.get_by_role("button", name="More").click()
        lasting = {name: one for name, one in dom.SELECTORS.items() if one != dom.LOADING}
        gone = [name for name, one in lasting.items() if not present(page, one)]
        assert not gone, f"these selectors match nothing any more: {', '.join(gone)}"
        assert page.locator(dom.keyed("figure")).count() == 1
        options = f"document.querySelector('{dom.PLOT}')._context.toImageButtonOptions"
        assert page.evaluate(f"typeof {options}") == "object", "Plotly's _context has changed"
        with page.expect_download() as download:
            page.get_by_role("button", name="SVG").click()
        assert download.value.suggested_filename == "canary.svg"


def present(page: Page, selector: str) -> bool:
    """Whether an element matches, if not at once then later: some come after the script's end."""
    try:
        page.wait_for_selector(selector, state="attached")
    except Timeout:
        return False
    return True


def test_only_one_module_knows_how_streamlit_builds_its_page() -> None:
    for file in sorted((ROOT / "dashboard").rglob("*.py")) + sorted((ROOT / "pages").glob("*.py")):
        if file.name != "streamlit_dom.py":
            assert not FOREIGN.search(file.read_text(encoding="utf-8")), file
