"""Progress kept in the browser: a reload, two tabs, forgetting, and what cannot be read or kept."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from core.study.options import shown_options
from core.study.progress import StudyProgress, predict as predicted
from core.study.question import ORDER, shipped
from core.study.storage.progress_file import dump, load
from tests.browser.test_study import RIGHT, after_prediction, answer, keep, predict
from tests.browser.waiting import no_errors, open_page


def kept(page: Page) -> StudyProgress:
    """What the browser keeps."""
    return load(page.evaluate("localStorage.getItem('unrolled-progress')"))


def keeps(page: Page, what: str) -> None:
    """Wait until the browser keeps it. what: JavaScript about `r`, the records by question."""
    records = "JSON.parse(localStorage.getItem('unrolled-progress') ?? '{}').records ?? {}"
    page.wait_for_function(f"(r => {what})({records})")


def keeps_nothing(page: Page) -> None:
    """Wait until the browser keeps no progress."""
    page.wait_for_function("localStorage.getItem('unrolled-progress') === null")


def test_reloads_and_tabs_find_what_was_typed_answered_and_earned_and_what_was_forgotten(
    page: Page, dashboard_url: str
) -> None:
    keep(page, dashboard_url, after_prediction("1a", "1f"))
    open_page(page, dashboard_url, "study", query="q=1a&seed=one")
    expect(page.get_by_text("stored in this browser")).to_be_visible()
    wrong = "phi_y(Wy Wx Wh x1 + Wy Wx x2)"
    answer(page, wrong)
    expect(page.get_by_text("wrong order")).to_be_visible()
    keeps(page, "r['1a']?.sent['0']?.text.includes('Wx Wh')")
    page.reload()
    expect(page.get_by_text("wrong order")).to_be_visible()
    box = page.get_by_role("textbox", name="Your expression")
    expect(box).to_have_value(wrong)

    # a second tab is open, and hears of what is earned in the first
    second = page.context.new_page()
    open_page(second, dashboard_url, "study", query="q=1c&seed=two")
    expect(second.get_by_text("stored in this browser")).to_be_visible()
    answer(page, RIGHT)
    expect(page.get_by_text(f"1 of {len(ORDER)} earned: 1a")).to_be_visible()
    expect(second.get_by_text(f"1 of {len(ORDER)} earned: 1a")).to_be_visible()
    keeps(page, "r['1a'].passed.length")
    page.reload()
    expect(page.get_by_text(f"1 of {len(ORDER)} earned: 1a")).to_be_visible()
    expect(page.get_by_text(f"Your answer: {RIGHT}")).to_be_visible()
    before = kept(page)
    assert before.record("1a").passed == (0,)

    # each tab adds to what the other has earned
    second.get_by_role("radiogroup").locator("label").first.click()
    second.get_by_role("button", name="Keep my prediction").click()
    expect(second.get_by_text("Your prediction")).to_be_visible()
    expect(page.get_by_text(f"1 of {len(ORDER)} earned: 1a")).to_be_visible()
    chosen = shown_options(shipped()["1c"].predict, "two:1c:1")[0].text
    keeps(page, f"r['1c']?.prediction === {json.dumps(chosen)}")
    assert kept(page).record("1a") == before.record("1a")

    # another tab writes, and this one before it has heard of that: no event in the window itself
    other = predicted(before, "1d", "written behind its back")
    second.evaluate("text => localStorage.setItem('unrolled-progress', text)", dump(other))
    box = second.get_by_role("textbox", name="Your expression")
    box.fill("phi_y(x1)")
    second.get_by_role("button", name="Check my answer").click()
    keeps(second, "r['1c']?.sent['0']?.text === 'phi_y(x1)'")
    both = kept(second)
    assert both.record("1d").prediction == "written behind its back"
    assert both.record("1c").sent["0"].text == "phi_y(x1)"
    assert both.record("1a").passed == (0,)
    for tab, seed in ((page, "one"), (second, "two")):
        expect(tab).to_have_url(re.compile(f"seed={seed}"))
        no_errors(tab)
    second.close()

    # a new tab finds it, and what is typed there survives a reload
    new = page.context.new_page()
    open_page(new, dashboard_url, "study", query="q=1f")
    expect(new.get_by_text(f"1 of {len(ORDER)} earned: 1a")).to_be_visible()
    essay = new.get_by_role("textbox", name="Justify your choice")
    essay.fill("Two lines of mine, typed and not checked,\n\nabout $W_h$ and 🙂.")
    essay.blur()
    keeps(new, "r['1f']?.typed['1']?.text.includes('not checked')")
    new.reload()
    expect(essay).to_have_value("Two lines of mine, typed and not checked,\n\nabout $W_h$ and 🙂.")
    no_errors(new)

    # what is forgotten in one tab is forgotten in all
    new.get_by_role("button", name="Delete it").click()
    new.get_by_role("button", name="Delete my progress").click()
    for tab in (new, page):
        expect(tab.get_by_text(f"0 of {len(ORDER)} earned")).to_be_visible()
    page.reload()
    expect(page.get_by_text("stored in this browser")).to_be_visible()
    expect(page.get_by_text(f"0 of {len(ORDER)} earned")).to_be_visible()
    keeps_nothing(page)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "not JSON"),
        ('{"unrolled": "progress", "version": 2, "records": {}}', "version 2"),
        ('{"unrolled": "progress", "version": 1, "seed": "1", "records": {"1a": 7}}', "damaged"),
        ("[" * 900_000, "not JSON"),
        ("x" * 1_000_001, "not stored in the browser"),
    ],
    ids=lambda text: text[:40],
)
def test_what_the_browser_keeps_and_cannot_be_read_is_left_alone(
    text: str, sentence: str, page: Page, dashboard_url: str
) -> None:
    keep(page, dashboard_url, text)
    open_page(page, dashboard_url, "study", query="q=1a")
    expect(page.get_by_text(sentence)).to_be_visible()
    predict(page)
    answer(page, RIGHT)
    expect(page.get_by_text(f"1 of {len(ORDER)} earned: 1a")).to_be_visible()
    no_errors(page)
    assert page.evaluate("localStorage.getItem('unrolled-progress')") == text
    page.get_by_role("button", name="Delete it").click()
    page.get_by_role("button", name="Delete my progress").click()
    expect(page.get_by_text("stored in this browser")).to_be_visible()
    keeps_nothing(page)


@pytest.mark.parametrize(
    ("method", "sentence"),
    [("setItem", "no space left"), ("getItem", "does not allow the page to store")],
)
def test_a_browser_that_keeps_nothing_says_so_once(
    method: str, sentence: str, page: Page, dashboard_url: str
) -> None:
    own = page.context.new_page()
    own.add_init_script(
        f"""const real = Storage.prototype.{method};
        Storage.prototype.{method} = function (name, ...more) {{
          if (name === "unrolled-progress") throw new DOMException("no", "QuotaExceededError");
          return real.call(this, name, ...more);
        }};"""
    )
    open_page(own, dashboard_url, "study", query="q=1a")
    predict(own)
    answer(own, RIGHT)
    expect(own.get_by_text(f"1 of {len(ORDER)} earned: 1a")).to_be_visible()
    expect(own.get_by_text(sentence)).to_have_count(1)
    no_errors(own)
