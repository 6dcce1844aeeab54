"""The study page and the room in a browser: worked through, on phones, without barriers."""

import re
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.study.options import shown_options
from core.study.progress import Progress, dump, load
from core.study.progress import predict as predicted
from core.study.question import shipped
from tests.browser.axe import barriers
from tests.browser.waiting import no_errors, open_page, wait_ready

RIGHT = "phi_y(Wy Wh Wx x1 + Wy Wx x2)"
QUESTION = shipped()["1a"]


def predict(page: Page) -> None:
    options = page.get_by_role("radiogroup").locator("label").filter(has_text="One factor")
    options.filter(has_text="W_{h}").click()
    page.get_by_role("button", name="Keep my prediction").click()
    expect(page.get_by_role("heading", name="2 · Try it")).to_be_visible()
    wait_ready(page)


def answer(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="Your expression")
    box.fill(text)
    box.press("Enter")
    page.get_by_role("button", name="Check my answer").click()
    wait_ready(page)


def test_a_question_is_worked_through_wrong_and_right(page: Page, dashboard_url: str) -> None:
    open_page(page, dashboard_url, "study", query="q=1a")
    secret = QUESTION.answer.loose[:40]
    predict(page)
    answer(page, "phi_y(Wy Wx Wh x1 + Wy Wx x2)")
    expect(page.get_by_text("wrong order")).to_be_visible()
    assert secret not in page.content()
    answer(page, RIGHT)
    expect(page.get_by_role("heading", name="4 · Model answer")).to_be_visible()
    expect(page.get_by_text(secret)).to_be_visible()
    no_errors(page)


def test_the_experiment_opens_at_its_state_and_leads_back(page: Page, dashboard_url: str) -> None:
    open_page(page, dashboard_url, "study", query="q=1a")
    predict(page)
    page.get_by_role("link", name="Open: Unrolled RNN, T = 2").click()
    page.wait_for_url(re.compile("/rnn"))
    wait_ready(page)
    expect(page.get_by_role("slider", name="T, the step to unroll")).to_have_value("2")
    page.get_by_role("link", name="Back to question 1a").click()
    page.wait_for_url(re.compile("/study"))
    expect(page.get_by_text("Your prediction")).to_be_visible()
    no_errors(page)


def test_what_is_handed_in_and_saved_is_what_was_done(
    page: Page, dashboard_url: str, tmp_path: Path
) -> None:
    open_page(page, dashboard_url, "study", query="q=1a&seed=class-7")
    predict(page)
    answer(page, "phi_y(Wy Wx Wh x1 + Wy Wx x2)")
    expect(page.get_by_text("wrong order")).to_be_visible()
    page.get_by_role("button", name="Keep and hand in").click()
    for name, label in (("sum.html", "Summary (HTML"), ("progress.json", "Save my progress")):
        with page.expect_download() as download:
            page.get_by_role("button", name=label).click()
        download.value.save_as(tmp_path / name)
    summary = (tmp_path / "sum.html").read_text(encoding="utf-8")
    assert "One factor W_h</td><td>1</td><td>0 of 1 checks" in summary
    assert "seed class-7" in summary
    assert load((tmp_path / "progress.json").read_bytes()).record("1a").attempts == {"0": 1}

    changed = tmp_path / "changed.html"
    changed.write_text(summary.replace("0 of 1 checks", "right"), encoding="utf-8")
    box = page.get_by_test_id("stFileUploader").filter(has_text="Check a summary")
    box.locator("input").set_input_files(tmp_path / "sum.html")
    expect(page.get_by_text("Unchanged since it was saved")).to_be_visible()
    box.locator("input").set_input_files(changed)
    expect(page.get_by_text("The checksum does not fit")).to_be_visible()


def test_an_experiment_opens_as_it_decides_whatever_was_seen_before(
    page: Page, dashboard_url: str
) -> None:
    open_page(page, dashboard_url, "rnn", query="section=Cost")
    menu = page.get_by_test_id("stSidebar")
    menu.get_by_role("link", name="Study").click()
    page.wait_for_url("**/study**")
    predict(page)
    page.get_by_role("link", name="Open: Unrolled RNN").click()
    page.wait_for_url("**/rnn**")
    expect(page.get_by_role("slider", name="T, the step to unroll")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/rnn\?T=2&back=1a$"))
    page.get_by_role("button", name="Next").click()
    menu.get_by_role("link", name="Study").click()
    page.wait_for_url("**/study**")
    menu.get_by_role("link", name="Unrolled RNN").click()  # the menu leads back to what one left
    expect(page).to_have_url(re.compile(r"T=2"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_barrier(scheme: str, request: pytest.FixtureRequest) -> None:
    page = request.getfixturevalue("page" if scheme == "light" else "dark_page")
    address = request.getfixturevalue("dashboard_url")
    open_page(page, address, "study", query="q=1a")
    assert barriers(page) == []
    predict(page)
    answer(page, RIGHT)
    assert barriers(page) == []
    page.get_by_role("button", name="Keep and hand in").click()
    expect(page.get_by_role("button", name="Save my progress")).to_be_visible()
    assert barriers(page) == []
    open_page(page, address, "gpt", query="mode=present&beat=2")
    assert barriers(page) == []


def test_it_fits_a_phone(phone_page: Page, dashboard_url: str) -> None:
    open_page(phone_page, dashboard_url, "study", query="q=1b")
    width = phone_page.evaluate("document.scrollingElement.scrollWidth")
    assert width <= phone_page.viewport_size["width"]


def test_phones_answer_once_and_learn_whether_they_were_right(
    browser: Browser, page: Page, dashboard_url: str
) -> None:
    open_page(page, dashboard_url, "study", query="q=1c")
    page.get_by_role("button", name="Ask the room").click()
    page.get_by_role("button", name="Open a room").click()
    page.wait_for_url(re.compile("room="))
    wait_ready(page)
    code = re.search(r"room=(\w+)", page.url)[1]
    assert barriers(page) == []
    task = shipped()["1c"].predict
    right = next(option for option in task.options if option.right)
    with ExitStack() as stack:
        phones = []
        for count, option in enumerate(task.options, 1):
            context = browser.new_context(viewport={"width": 390, "height": 844})
            phone = stack.enter_context(context).new_page()
            open_page(phone, dashboard_url, "study", query=f"room={code}")
            if count == 1:
                assert barriers(phone) == []
            choice = phone.get_by_role("radiogroup").locator("label")
            choice.filter(has=phone.get_by_text(option.text, exact=True)).click()
            phone.get_by_role("button", name="Send my answer").click()
            expect(phone.get_by_text("Your answer is counted.")).to_be_visible()
            phone.reload()
            expect(phone.get_by_text("Your answer is counted.")).to_be_visible()
            expect(page.get_by_text(re.compile(f"^{count} answer"))).to_be_visible()
            phones.append((phone, option))
        bars = page.locator(".st-key-figure-poll .bars .point:visible")
        expect(bars).to_have_count(len(task.options))
        page.get_by_role("button", name="Reveal").click()
        expect(page.get_by_text("The right answer")).to_be_in_viewport()
        expect(bars).to_have_count(len(task.options))
        for phone, option in phones:
            told = f"Your answer was {'right' if option.right else 'wrong'}:"
            expect(phone.get_by_text(told)).to_be_visible()
            expect(phone.get_by_text(right.reply.split(":")[1].strip()[:12]).first).to_be_visible()
            no_errors(phone)
        phones[1][0].reload()
        expect(phones[1][0].get_by_text("Your answer was wrong:")).to_be_visible()
        assert barriers(phones[1][0]) == []
    assert barriers(page) == []
    page.get_by_role("button", name="Back to the question").click()
    expect(page.get_by_role("heading", name="1c · The general sum")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/study\?q=1c$"))
    no_errors(page)


def kept(page: Page) -> Progress:
    """What the browser keeps."""
    return load(page.evaluate("localStorage.getItem('unrolled-progress')"))


def keeps(page: Page, question: str, prediction: str) -> None:
    """Wait until the browser keeps that prediction."""
    page.wait_for_function(
        "([q, text]) => JSON.parse(localStorage.getItem('unrolled-progress') ?? '{}')"
        ".records?.[q]?.prediction === text",
        arg=[question, prediction],
    )


def test_a_reload_and_a_new_tab_find_what_was_typed_answered_and_earned(
    page: Page, dashboard_url: str
) -> None:
    open_page(page, dashboard_url, "study", query="q=1a")
    expect(page.get_by_text("kept in this browser")).to_be_visible()
    predict(page)
    wrong = "phi_y(Wy Wx Wh x1 + Wy Wx x2)"
    answer(page, wrong)
    expect(page.get_by_text("wrong order")).to_be_visible()
    keeps(page, "1a", "One factor W_h")
    page.reload()
    expect(page.get_by_text("wrong order")).to_be_visible()
    box = page.get_by_role("textbox", name="Your expression")
    expect(box).to_have_value(wrong)
    answer(page, RIGHT)
    expect(page.get_by_text("1 of 16 earned: 1a")).to_be_visible()
    page.reload()
    expect(page.get_by_text("1 of 16 earned: 1a")).to_be_visible()
    expect(page.get_by_text(f"Your answer: {RIGHT}")).to_be_visible()

    second = page.context.new_page()
    open_page(second, dashboard_url, "study", query="q=1f")
    expect(second.get_by_text("1 of 16 earned: 1a")).to_be_visible()
    second.get_by_role("radiogroup").locator("label").first.click()
    second.get_by_role("button", name="Keep my prediction").click()
    essay = second.get_by_role("textbox", name="Argue for your choice")
    essay.fill("Two lines of mine, typed and not checked,\n\nabout $W_h$ and 🙂.")
    essay.blur()
    second.wait_for_function("localStorage.getItem('unrolled-progress').includes('not checked')")
    second.reload()
    expect(essay).to_have_value("Two lines of mine, typed and not checked,\n\nabout $W_h$ and 🙂.")
    no_errors(second)


def test_two_tabs_put_together_what_each_has_earned(page: Page, dashboard_url: str) -> None:
    open_page(page, dashboard_url, "study", query="q=1a&seed=one")
    second = page.context.new_page()
    open_page(second, dashboard_url, "study", query="q=1c&seed=two")
    expect(second.get_by_text("kept in this browser")).to_be_visible()
    predict(page)
    answer(page, RIGHT)
    expect(second.get_by_text("1 of 16 earned: 1a")).to_be_visible()
    before = kept(page)

    second.get_by_role("radiogroup").locator("label").first.click()
    second.get_by_role("button", name="Keep my prediction").click()
    expect(second.get_by_text("Your prediction")).to_be_visible()
    expect(page.get_by_text("1 of 16 earned: 1a")).to_be_visible()
    chosen = shown_options(shipped()["1c"].predict, "two:1c:1")[0].text
    keeps(page, "1c", chosen)
    assert kept(page).record("1a") == before.record("1a")

    # another tab writes, and this one before it has heard of that: no event in the window itself
    other = predicted(before, "1d", "written behind its back")
    second.evaluate("text => localStorage.setItem('unrolled-progress', text)", dump(other))
    box = second.get_by_role("textbox", name="Your expression")
    box.fill("phi_y(x1)")
    second.get_by_role("button", name="Check my answer").click()
    second.wait_for_function("localStorage.getItem('unrolled-progress').includes('phi_y(x1)')")
    both = kept(second)
    assert both.record("1d").prediction == "written behind its back"
    assert both.record("1c").sent["0"].text == "phi_y(x1)"
    assert both.record("1a").passed == (0,)
    for tab, seed in ((page, "one"), (second, "two")):
        expect(tab).to_have_url(re.compile(f"seed={seed}"))
        no_errors(tab)


def test_what_is_forgotten_in_one_tab_is_forgotten_in_all(page: Page, dashboard_url: str) -> None:
    open_page(page, dashboard_url, "study", query="q=1a")
    expect(page.get_by_text("kept in this browser")).to_be_visible()
    predict(page)
    answer(page, RIGHT)
    second = page.context.new_page()
    open_page(second, dashboard_url, "study", query="q=1b")
    expect(second.get_by_text("1 of 16 earned: 1a")).to_be_visible()
    second.get_by_role("button", name="Forget it").click()
    second.get_by_role("button", name="Forget my progress").click()
    for tab in (second, page):
        expect(tab.get_by_text("0 of 16 earned")).to_be_visible()
    page.reload()
    expect(page.get_by_text("kept in this browser")).to_be_visible()
    expect(page.get_by_text("0 of 16 earned")).to_be_visible()
    assert page.evaluate("localStorage.getItem('unrolled-progress')") is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "not JSON"),
        ('{"unrolled": "progress", "version": 2, "records": {}}', "version 2"),
        ('{"unrolled": "progress", "version": 1, "seed": "1", "records": {"1a": 7}}', "damaged"),
        ("[" * 900_000, "not JSON"),
        ("x" * 1_000_001, "not kept in the browser"),
    ],
    ids=lambda text: text[:40],
)
def test_what_the_browser_keeps_and_cannot_be_read_is_left_alone(
    text: str, sentence: str, page: Page, dashboard_url: str
) -> None:
    open_page(page, dashboard_url)
    page.evaluate("text => localStorage.setItem('unrolled-progress', text)", text)
    open_page(page, dashboard_url, "study", query="q=1a")
    expect(page.get_by_text(sentence)).to_be_visible()
    predict(page)
    answer(page, RIGHT)
    expect(page.get_by_text("1 of 16 earned: 1a")).to_be_visible()
    no_errors(page)
    assert page.evaluate("localStorage.getItem('unrolled-progress')") == text
    page.get_by_role("button", name="Forget it").click()
    page.get_by_role("button", name="Forget my progress").click()
    expect(page.get_by_text("kept in this browser")).to_be_visible()
    assert page.evaluate("localStorage.getItem('unrolled-progress')") is None


@pytest.mark.parametrize(
    ("method", "sentence"), [("setItem", "no room left"), ("getItem", "does not let the page keep")]
)
def test_a_browser_that_keeps_nothing_says_so_once(
    method: str, sentence: str, page: Page, dashboard_url: str
) -> None:
    page.add_init_script(
        f"""const real = Storage.prototype.{method};
        Storage.prototype.{method} = function (name, ...more) {{
          if (name === "unrolled-progress") throw new DOMException("no", "QuotaExceededError");
          return real.call(this, name, ...more);
        }};"""
    )
    open_page(page, dashboard_url, "study", query="q=1a")
    predict(page)
    answer(page, RIGHT)
    expect(page.get_by_text("1 of 16 earned: 1a")).to_be_visible()
    expect(page.get_by_text(sentence)).to_have_count(1)
    no_errors(page)


def test_after_the_experiment_the_open_check_is_in_view_and_next_goes_to_the_top(
    page: Page, dashboard_url: str
) -> None:
    open_page(page, dashboard_url, "study", query="q=1a")
    predict(page)
    page.get_by_role("link", name="Open: Unrolled RNN, T = 2").click()
    page.wait_for_url(re.compile("/rnn"))
    wait_ready(page)
    page.get_by_role("link", name="Back to question 1a").click()
    page.wait_for_url(re.compile("/study"))
    button = page.get_by_role("button", name="Check my answer")
    expect(page.get_by_role("heading", name="3 · Check")).to_be_in_viewport()
    expect(button).to_be_in_viewport()
    answer(page, RIGHT)
    page.get_by_role("link", name="Next question: 1b").click()
    heading = page.get_by_role("heading", name="1b · Unroll three steps")
    expect(heading).to_be_in_viewport()
    expect(page.get_by_text("Your prediction")).to_have_count(0)


def test_a_phone_with_a_token_that_is_not_ours_is_given_one_that_is(
    browser: Browser, page: Page, dashboard_url: str
) -> None:
    open_page(page, dashboard_url, "study", query="q=1a")
    page.get_by_role("button", name="Ask the room").click()
    page.get_by_role("button", name="Open a room").click()
    page.wait_for_url(re.compile("room="))
    code = re.search(r"room=(\w+)", page.url)[1]
    with browser.new_context() as context:
        phone = context.new_page()
        open_page(phone, dashboard_url, "study")
        old = "0123456789abcdef" * 2
        phone.evaluate("old => localStorage.setItem('unrolled-phone', old)", old)
        open_page(phone, dashboard_url, "study", query=f"room={code}")
        phone.get_by_role("radiogroup").get_by_text("One factor").first.click()
        phone.get_by_role("button", name="Send my answer").click()
        expect(phone.get_by_text("Your answer is counted.")).to_be_visible()
        assert "." in phone.evaluate("localStorage.getItem('unrolled-phone')")
        no_errors(phone)
