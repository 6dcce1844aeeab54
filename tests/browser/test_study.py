"""The study page and the room in a browser: worked through, on phones, without barriers."""

import re
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Page, expect

from core.study.progress import StudyProgress, predict as predicted
from core.study.question import shipped
from core.study.storage.progress_file import dump, load
from dashboard.components import streamlit_dom as dom
from tests.browser.axe import barriers, barriers_in_both_themes
from tests.browser.conftest import Windows
from tests.browser.waiting import no_errors, open_page, wait_ready

RIGHT = "phi_y(Wy Wh Wx x1 + Wy Wx x2)"
QUESTION = shipped()["1a"]


def predict(page: Page) -> None:
    options = page.get_by_role("radiogroup").locator("label").filter(has_text="One factor")
    options.filter(has_text="W_{h}").click()
    page.get_by_role("button", name="Keep my prediction").click()
    expect(page.get_by_role("heading", name="2 · Try it")).to_be_visible()
    wait_ready(page)


def after_prediction(*names: str) -> str:
    """What the browser keeps of a student who has predicted these questions, and done no more."""
    progress = StudyProgress()
    for name in names:
        progress = predicted(progress, name, shipped()[name].predict.options[0].text)
    return dump(progress)


def keep(page: Page, address: str, progress: str) -> None:
    """Let the browser keep this, as earlier visits left it; before the page is opened."""
    page.goto(f"{address}/_stcore/health")  # of the same origin, with nothing to draw
    page.evaluate("text => localStorage.setItem('unrolled-progress', text)", progress)


def answer(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="Your expression")
    box.fill(text)
    box.press("Enter")
    page.get_by_role("button", name="Check my answer").click()
    wait_ready(page)


def test_a_question_is_worked_through_handed_in_and_saved_without_a_serious_barrier(
    page: Page, dashboard_url: str, tmp_path: Path
) -> None:
    open_page(page, dashboard_url, "study", query="q=1a&seed=class-7")
    secret = QUESTION.answer.loose[:40]
    predict(page)
    answer(page, "phi_y(Wy Wx Wh x1 + Wy Wx x2)")
    expect(page.get_by_text("wrong order")).to_be_visible()
    assert secret not in page.content()
    menu = page.get_by_role("button", name="Save and hand in")
    menu.click()
    for name, label in (("sum.html", "Summary (HTML"), ("progress.json", "Save my progress")):
        with page.expect_download() as download:
            page.get_by_role("button", name=label).click()
        download.value.save_as(tmp_path / name)
    summary = (tmp_path / "sum.html").read_text(encoding="utf-8")
    assert "One factor W_h</td><td>1</td><td>0 of 1 checks" in summary
    assert "seed class-7" in summary
    assert load((tmp_path / "progress.json").read_bytes()).record("1a").attempts == {"0": 1}
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Save my progress")).to_be_hidden()

    answer(page, RIGHT)
    expect(page.get_by_role("heading", name="4 · Model answer")).to_be_visible()
    expect(page.get_by_text(secret)).to_be_visible()
    no_errors(page)
    assert barriers_in_both_themes(page) == []
    menu.click()
    expect(page.get_by_role("button", name="Save my progress")).to_be_visible()
    assert barriers_in_both_themes(page) == []

    changed = tmp_path / "changed.html"
    changed.write_text(summary.replace("0 of 1 checks", "right"), encoding="utf-8")
    box = page.locator(dom.FILE_UPLOADER).filter(has_text="Check a summary")
    box.locator("input").set_input_files(tmp_path / "sum.html")
    expect(page.get_by_text("It has not been changed since")).to_be_visible()
    box.locator("input").set_input_files(changed)
    expect(page.get_by_text("The checksum does not fit")).to_be_visible()


def test_an_experiment_opens_as_it_decides_and_leads_back_to_the_open_check(
    page: Page, dashboard_url: str
) -> None:
    """Whatever was seen before; and the next question then begins at its top."""
    keep(page, dashboard_url, after_prediction("1a"))
    open_page(page, dashboard_url, "rnn", query="section=Cost")
    menu = page.locator(dom.SIDEBAR)
    menu.get_by_role("link", name="Study").click()
    page.wait_for_url("**/study**")
    experiment = page.get_by_role("link", name="Open: Unrolled RNN, T = 2")
    experiment.click()
    page.wait_for_url("**/rnn**")
    wait_ready(page)
    steps = page.get_by_role("slider", name="T, the number of steps")
    expect(steps).to_be_visible()
    expect(steps).to_have_value("2")
    expect(page).to_have_url(re.compile(r"/rnn\?T=2&back=1a$"))
    page.get_by_role("button", name="Next").click()
    menu.get_by_role("link", name="Study").click()
    page.wait_for_url("**/study**")
    menu.get_by_role("link", name="Unrolled RNN").click()  # the menu leads back to what one left
    expect(page).to_have_url(re.compile(r"T=2"))
    menu.get_by_role("link", name="Study").click()
    page.wait_for_url("**/study**")

    experiment.click()
    page.wait_for_url("**/rnn**")
    wait_ready(page)
    page.get_by_role("link", name="Back to question 1a").click()
    page.wait_for_url("**/study**")
    expect(page.get_by_text("Your prediction")).to_be_visible()
    expect(page.get_by_role("heading", name="3 · Check")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Check my answer")).to_be_in_viewport()
    no_errors(page)
    answer(page, RIGHT)
    page.get_by_role("link", name="Next question: 1b").click()
    expect(page.get_by_role("heading", name="1b · Unroll three steps")).to_be_in_viewport()
    expect(page.get_by_text("Your prediction")).to_have_count(0)


def test_an_experiment_shows_the_figure_that_decides_also_where_it_is_further_down(
    page: Page, dashboard_url: str
) -> None:
    keep(page, dashboard_url, after_prediction("4e"))
    open_page(page, dashboard_url, "study", query="q=4e")
    page.get_by_role("link", name="Open: Decoding, the KV cache").click()
    page.wait_for_url(re.compile("/decoding"))
    figure = page.locator(".st-key-figure-passes")
    expect(figure.get_by_text("Time per token for 100 tokens")).to_be_in_viewport()
    expect(figure).to_be_in_viewport(ratio=0.9)
    back = page.get_by_role("link", name="Back to question 4e")
    expect(back).to_be_in_viewport(ratio=1)
    back.click()
    page.wait_for_url(re.compile("/study"))
    expect(page.get_by_role("heading", name="3 · Check")).to_be_in_viewport()
    no_errors(page)


def test_the_list_of_questions_and_an_order_have_no_serious_barrier(
    page: Page, dashboard_url: str
) -> None:
    keep(page, dashboard_url, after_prediction("2d"))
    open_page(page, dashboard_url, "study")
    assert barriers_in_both_themes(page) == []
    page.get_by_role("link", name=re.compile("^2d Continuous input")).click()
    expect(page.get_by_role("heading", name="2d · Continuous input")).to_be_visible()
    first = page.get_by_role("button", name="Sample the sound")
    first.focus()
    first.press("Enter")
    expect(page.get_by_role("button", name="1 Sample the sound")).to_be_visible()
    assert barriers_in_both_themes(page) == []


def test_phones_answer_once_whatever_their_token_and_learn_whether_they_were_right(
    windows: Windows, page: Page, dashboard_url: str
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
            phone = stack.enter_context(windows.phone())
            if count == 2:  # this one has a token that is not ours
                phone.goto(f"{dashboard_url}/_stcore/health")  # of the same origin
                old = "0123456789abcdef" * 2
                phone.evaluate("old => localStorage.setItem('unrolled-phone', old)", old)
            open_page(phone, dashboard_url, "study", query=f"room={code}")
            if count == 1:
                assert barriers(phone) == []
            choice = phone.get_by_role("radiogroup").locator("label")
            choice.filter(has=phone.get_by_text(option.text, exact=True)).click()
            phone.get_by_role("button", name="Send my answer").click()
            expect(phone.get_by_text("Your answer is counted.")).to_be_visible()
            assert "." in phone.evaluate("localStorage.getItem('unrolled-phone')"), "ours"
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
            expect(phone.get_by_text(right.reply[:12]).first).to_be_visible()
            no_errors(phone)
        phones[1][0].reload()
        expect(phones[1][0].get_by_text("Your answer was wrong:")).to_be_visible()
        assert barriers(phones[1][0]) == []
    assert barriers(page) == []
    page.get_by_role("button", name="Back to the question").click()
    expect(page.get_by_role("heading", name="1c · The general sum")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/study\?q=1c$"))
    no_errors(page)


def test_a_link_to_a_question_or_the_exam_stays_in_the_address_and_a_reload_finds_the_answers(
    page: Page, dashboard_url: str
) -> None:
    """A link from Study to itself: the browser changes the address for other pages alone."""
    open_page(page, dashboard_url, "study", query="q=1a")
    page.get_by_text("All questions").click()
    page.get_by_role("link", name=re.compile("^1b Unroll three steps")).click()
    expect(page.get_by_role("heading", name="1b · Unroll three steps")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/study\?q=1b$"))
    box = page.get_by_role("textbox", name="Your expression")
    box.fill("phi_y(x1)")
    box.press("Enter")
    wait_ready(page)
    page.get_by_role("button", name="Keep my prediction").click()
    expect(page.get_by_text("Your prediction: phi_y(x1)")).to_be_visible()
    expect(page.get_by_role("heading", name="1b · Unroll three steps")).to_be_visible()
    page.get_by_role("link", name="Practice exam").click()
    expect(page).to_have_url(re.compile(r"/study\?exam=1$"))
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("button", name="Hand in").scroll_into_view_if_needed()
    expect(page.get_by_text("minutes left")).to_be_in_viewport()
    number = page.get_by_role("textbox", name="Your number").first
    number.fill("41.5")
    number.press("Enter")
    page.wait_for_function("localStorage.getItem('unrolled-exam')?.includes('41.5')")
    page.reload()
    expect(number).to_have_value("41.5")
    expect(page.get_by_text("minutes left")).to_be_visible()
    no_errors(page)
    page.go_back()
    expect(page.get_by_role("heading", name="1b · Unroll three steps")).to_be_visible()
    no_errors(page)
