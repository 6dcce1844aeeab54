"""The glossary in a browser: every term of it is found where it first appears on each page."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from dashboard import lessons
from dashboard.components import glossary, streamlit_dom as dom
from tests.browser.waiting import no_errors, open_page, until

# The text of the page, as a reader meets it: whole elements, without code, formulas and figures.
TEXT = """main => {
  const skipped = 'code, pre, svg, button, input, textarea, script, style, .katex, .js-plotly-plot';
  const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT), texts = [];
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    const hidden = parent.closest(skipped) || !parent.getClientRects().length;
    if (!hidden) texts.push(walker.currentNode.data);
  }
  return texts;
}"""
MARKED = """() => [...CSS.highlights.get('glossary')].map(range => [range.toString(),
  range.startContainer.data, range.startOffset])"""

# The middle of the first marked term, which is scrolled into view.
FIRST = """() => { const [range] = CSS.highlights.get('glossary');
  range.startContainer.parentElement.scrollIntoView({ block: 'center' });
  const [{ x, y, width, height }] = range.getClientRects();
  return [x + width / 2, y + height / 2]; }"""

BLANK = """main => { const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) walker.currentNode.data = ''; }"""


def terms_in(texts: list[str]) -> dict[str, tuple[str, int]]:
    """Term -> the text in which it appears first, and where in it; longer terms take precedence."""
    found: dict[str, tuple[str, int]] = {}
    for text in texts:
        rest = text
        for pattern in glossary.terms():
            words = re.compile(pattern.replace(r"\p{L}\d_-", r"\w-"), re.IGNORECASE)
            for match in words.finditer(rest):
                found.setdefault(pattern, (text, match.start()))
            rest = words.sub(lambda match: "\0" * len(match[0]), rest)
    return found


@pytest.mark.long
@pytest.mark.parametrize("name", [lesson.name for lesson in lessons.available()])
def test_the_first_use_of_every_term_is_marked(name: str, page: Page, dashboard_url: str) -> None:
    open_page(page, dashboard_url, name)
    button = page.get_by_role("button", name="Words", exact=True)
    expect(button).to_be_visible()
    page.wait_for_function("CSS.highlights.has('glossary')")
    page.wait_for_timeout(1500)  # until the last part of the page has been read
    expected = terms_in(page.locator(dom.MAIN).evaluate(TEXT))
    marked = page.evaluate(MARKED)
    assert sorted((text, at) for _, text, at in marked) == sorted(expected.values())
    assert int(button.get_attribute("data-found") or 0) == len(expected) > 0
    button.click()
    expect(page.locator("dl dt")).to_have_count(len(expected))
    no_errors(page)


def test_a_term_is_explained_on_hover_on_tap_and_by_keyboard(
    page: Page, dashboard_url: str
) -> None:
    open_page(page, dashboard_url, "versus")
    expect(page.get_by_role("button", name="Words", exact=True)).to_be_visible()
    page.wait_for_function("CSS.highlights.has('glossary')")
    tip = page.get_by_role("tooltip")

    def at_the_term(act: Callable[[float, float], None]) -> None:  # while figures come, it moves
        page.mouse.move(5, 5)
        expect(tip).to_be_hidden()
        act(*page.evaluate(FIRST))
        expect(tip).to_be_visible(timeout=4_000)

    until(lambda: at_the_term(page.mouse.move))
    assert tip.inner_text() in glossary.terms().values()
    until(lambda: at_the_term(page.mouse.click))
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    button = page.get_by_role("button", name="Words", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("dl")).to_be_visible()
    assert page.locator("dl dd").first.inner_text() in glossary.terms().values()
    page.keyboard.press("Escape")
    expect(page.locator("dl")).to_be_hidden()
    expect(button).to_be_focused()
    until(lambda: at_the_term(page.mouse.move))
    page.locator(dom.MAIN).evaluate(BLANK)  # the page changes under the pointer
    expect(tip).to_be_hidden()
