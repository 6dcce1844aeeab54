"""Hostile names in a browser: none becomes a link, bold text or a formula."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from dashboard.components import streamlit_dom as dom
from tests.browser import server
from tests.browser.waiting import no_errors, open_page, wait_ready
from tests.hostile import shown

MADE_OF_NAMES = """(foreign) => [...document.querySelectorAll('*')].filter((e) => {
  const address = `${e.getAttribute('href') || ''} ${e.getAttribute('xlink:href') || ''}`;
  if (e.localName === 'a') return address.includes('evil.example');
  if (e.children.length || !e.textContent.includes('evil')) return false;
  const styled = ['b', 'strong', 'em', 'i', 'sup', 'sub'].includes(e.localName) ||
    e.closest(foreign) ||
    (e.localName === 'tspan' && /bold|italic/.test(e.getAttribute('style') || ''));
  return styled && /^evil/.test(e.textContent.trim());
}).map((e) => e.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def evil_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard among whose models and runs are some with hostile names."""
    folder = tmp_path_factory.mktemp("evil")
    (folder / "runs").mkdir()
    shown.models(folder / "runs")
    with server.dashboard(folder) as address:
        yield address


def figures_are_drawn(page: Page) -> None:
    for figure in page.locator(dom.CHART).all():
        expect(figure.locator(".main-svg").first).to_be_visible()


def nothing_is_made_of_names(page: Page) -> None:
    no_errors(page)
    expect(page.locator(dom.MAIN)).to_contain_text("evil")
    assert page.evaluate(MADE_OF_NAMES, f"{dom.FORMULA}, {dom.ICON}, {dom.COLOURED_TEXT}") == []


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("vit", "model=vit-evil"),
        ("versus", "vit=vit-evil&data=shapes&compare=where they look"),
        ("heads", "reads=text&model=gpt-evil&try=layer by layer"),
        ("gpt", "model=gpt-evil"),
        ("decoding", "model=gpt-evil&section=epoch by epoch"),
        ("train", "run=vit-evil&see=gradient"),
    ],
)
def test_no_name_becomes_markup(page: Page, evil_url: str, name: str, query: str) -> None:
    open_page(page, evil_url, name, query)
    figures_are_drawn(page)
    nothing_is_made_of_names(page)


def test_no_name_becomes_markup_on_maps_nor_in_its_open_list(page: Page, evil_url: str) -> None:
    open_page(page, evil_url, "maps", "model=vit-evil")
    figures_are_drawn(page)
    nothing_is_made_of_names(page)
    choices = page.get_by_role("combobox", name="What supports the class")
    first = page.get_by_role("option").first
    choices.press("ArrowDown")
    if not first.is_visible():  # a figure that arrived late closed the list
        wait_ready(page)
        choices.press("ArrowDown")
    expect(first).to_contain_text("evil", timeout=30_000)
    nothing_is_made_of_names(page)


def test_no_name_becomes_markup_among_the_runs(page: Page, evil_url: str) -> None:
    open_page(page, evil_url, "runs")
    table = page.locator(dom.TABLE).first
    for row in (0, 1):
        table.click(position={"x": 18, "y": 52 + 35 * row}, force=True)
        wait_ready(page)
        if row == 0:
            expect(page.get_by_role("heading", level=2).first).to_contain_text("evil")
            nothing_is_made_of_names(page)
    expect(page.locator(".legendtext").nth(1)).to_contain_text("evil")
    nothing_is_made_of_names(page)
