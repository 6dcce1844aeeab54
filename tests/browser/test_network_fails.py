"""A drawing that stops in the browser is drawn by the server, as boxes, under one sentence."""

import re

import pytest
from playwright.sync_api import Page, expect

from dashboard.components import streamlit_dom as dom
from tests.browser.waiting import no_errors, open_page

# As in a browser that cannot make what the drawings, and nothing else on these pages, are made of.
BROKEN = """
const make = document.createElementNS.bind(document);
document.createElementNS = (space, name) => {
  if (name === "rect" && document.querySelector(".st-key-%s")) throw new Error("no SVG here");
  return make(space, name);
};
"""


@pytest.mark.parametrize(
    ("lesson", "query", "key", "words"),
    [
        ("rnn", "section=Network&net_T=3", "unrolled", ["h_3", "φ(W_h h_2 + W_x x_3), 8 features"]),
        ("attention", "network=true", "drawn", ["Block 4", "4 heads of width 32, MLP of width"]),
        ("vit", "network=true", "drawn", ["Picture", "64 patches and the class token", "Class"]),
        ("decoding", "section=the+KV+cache&network=true", "filling", ["keys and values: 2×7×128"]),
    ],
)
def test_the_server_draws_the_parts(
    page: Page, dashboard_url: str, lesson: str, query: str, key: str, words: list[str]
) -> None:
    own = page.context.new_page()
    own.add_init_script(BROKEN % key)
    open_page(own, dashboard_url, lesson, query)
    expect(own.get_by_text("This drawing stopped working in your browser")).to_have_count(1)
    parts = own.locator(f"{dom.keyed(f'figure-parts-{key}')} {dom.PLOT}")
    for word in words:
        expect(parts).to_contain_text(word)
    expect(own.locator(".net")).to_have_count(0)
    no_errors(own)


def test_the_cards_of_home_are_links_without_their_drawings(page: Page, dashboard_url: str) -> None:
    own = page.context.new_page()
    own.add_init_script(BROKEN % "networks")
    open_page(own, dashboard_url)
    cards = own.locator(".card")
    expect(cards.first).to_be_visible()
    expect(own.locator(".card svg rect")).to_have_count(0)
    cards.first.click()
    own.wait_for_url(re.compile("/rnn"))
    no_errors(own)
