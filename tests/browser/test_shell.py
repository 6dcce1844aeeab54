"""The shell in a browser: Home opens, the menu leads to every lesson, links can be copied."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from dashboard import lessons
from dashboard.components import streamlit_dom as dom
from tests.browser.conftest import Windows
from tests.browser.waiting import no_errors, open_page, wait_ready


@dataclass(frozen=True)
class Opened:
    """A page that several tests look at, what opening it fetched, and the errors of its console."""

    page: Page
    fetched: tuple[str, ...]
    errors: list[str]


@pytest.fixture(scope="module")
def home(windows: Windows, dashboard_url: str) -> Iterator[Opened]:
    """Home, opened once; the last tests that look at it leave it."""
    with windows.window() as page:
        fetched: list[str] = []
        errors: list[str] = []
        page.on("request", lambda request: fetched.append(request.url))
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        open_page(page, dashboard_url)
        page.wait_for_load_state("networkidle")
        yield Opened(page, tuple(fetched), errors)


@pytest.fixture(scope="module")
def presented(windows: Windows, dashboard_url: str) -> Iterator[Page]:
    """Home in the lecturer's view, opened once."""
    with windows.window() as page:
        open_page(page, dashboard_url, query="mode=present")
        yield page


@pytest.fixture(scope="module")
def sweep(windows: Windows, dashboard_url: str) -> Iterator[Page]:
    """A page with a figure of Plotly, opened once."""
    with windows.window() as page:
        open_page(page, dashboard_url, "decoding", "section=what+goes+wrong")
        yield page


def test_home_opens_with_a_heading_and_a_card_for_each_lesson(home: Opened) -> None:
    expect(home.page.get_by_role("heading", level=1)).to_have_text("Unrolled")
    main = home.page.locator(dom.MAIN)
    for lesson in lessons.available():
        if lesson.group:
            expect(main.get_by_role("link", name=lesson.title).first).to_be_visible()
    no_errors(home.page)
    assert home.errors == []


def test_copy_link_puts_the_address_on_the_clipboard(presented: Page) -> None:
    presented.context.grant_permissions(["clipboard-read", "clipboard-write"])
    presented.get_by_role("button", name="Copy link").click()
    copied = "navigator.clipboard.readText()"
    presented.wait_for_function(f"{copied}.then(text => text === location.href)")
    assert presented.evaluate(copied) == presented.url
    assert presented.url.endswith("?mode=present")


def test_the_lecturers_view_has_no_menu_and_large_type(presented: Page) -> None:
    expect(presented.locator(dom.SIDEBAR)).to_have_count(0)
    size = presented.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)")
    assert size >= 22


def test_home_loads_no_plotly_and_sends_code_only_when_opened(home: Opened) -> None:
    heavy = re.compile("Plotly|SyntaxHighlighter")
    assert [url for url in home.fetched if heavy.search(url)] == []
    home.page.get_by_text("Show the whole model, in NumPy").click()
    expect(home.page.get_by_text("class NumpyGPT")).to_be_visible()


def test_a_typed_line_is_read_and_stays_in_the_link(home: Opened) -> None:
    page = home.page
    line = page.get_by_role("textbox", name="Type a line")
    line.fill("KING: Good queen, do the")
    line.press("Enter")
    expect(page.get_by_text("these 8 tokens")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?line=KING"))
    page.reload()
    wait_ready(page)
    expect(page.get_by_role("textbox", name="Type a line")).to_have_value(
        "KING: Good queen, do the"
    )


def test_plotly_is_there_before_a_lesson_needs_it(home: Opened) -> None:
    loaded = "performance.getEntriesByType('resource').filter(e => /PlotlyChart/.test(e.name))"
    home.page.wait_for_function(f"{loaded}.length")
    home.page.locator(dom.SIDEBAR).get_by_role("link", name="Heads and layers").click()
    expect(home.page.locator(dom.PLOT).first).to_be_visible()
    assert home.page.evaluate(f"{loaded}.length") == 1, "Streamlit finds the one that is loaded"


def test_the_menu_leads_to_every_lesson(home: Opened, dashboard_url: str) -> None:
    page = home.page
    for lesson in lessons.available():
        if lesson.group:
            page.locator(dom.SIDEBAR).get_by_role("link", name=lesson.title).click()
            page.wait_for_url(f"{dashboard_url}/{lesson.name}**")
            wait_ready(page)
            no_errors(page)
    assert page.title() != ""


def test_figures_follow_a_change_of_theme(sweep: Page) -> None:
    sweep.emulate_media(color_scheme="light")
    tick = sweep.locator(f"{dom.keyed('sweep')} {dom.AXIS_NAME}").first
    expect(tick).to_have_css("fill", "rgb(22, 32, 44)")
    sweep.emulate_media(color_scheme="dark")
    expect(tick).to_have_css("fill", "rgb(233, 237, 241)")


@pytest.mark.parametrize("kind", ["PNG", "SVG", "Data"])
def test_a_figure_can_be_saved(kind: str, sweep: Page, tmp_path: Path) -> None:
    sweep.emulate_media(color_scheme="light")
    expect(sweep.locator(f"{dom.keyed('sweep')} {dom.PLOT}")).to_be_visible()
    with sweep.expect_download() as download:
        figure = sweep.locator(dom.keyed("figure-sweep"))
        figure.get_by_role("button", name="Save").press("Enter")
        sweep.get_by_role("button", name=kind, exact=True).press("Enter")
    download.value.save_as(tmp_path / "saved")
    content = (tmp_path / "saved").read_bytes()
    if kind == "PNG":
        assert Image.open(io.BytesIO(content)).format == "PNG"
    elif kind == "SVG":
        assert content.startswith(b"<svg")
        assert b"diversity" in content
    else:
        arrays = np.load(io.BytesIO(zipfile.ZipFile(io.BytesIO(content)).read("data.npz")))
        assert arrays.files
        assert all(len(arrays[name]) for name in arrays.files)
