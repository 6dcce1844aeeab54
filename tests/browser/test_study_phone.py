"""Study on a phone: all questions worked through, from the first to the last."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from core.study.grading.checks import right_settings, shuffled
from core.study.grading.numbers import draw
from core.study.grading.quantities import draw_quantity, written
from core.study.options import shown_options
from core.study.progress import StudyProgress
from core.study.question import Question, shipped
from core.study.tasks import Bug, Choice, Expression, Match, Number, Order, Quantity, Rubric, Task
from dashboard.study.faults import shown_symptoms
from tests.browser.waiting import no_errors, open_page, until, wait_ready
from tests.study.essays import KNOWS

FORMULAS = {
    "1a": "phi_y(Wy Wh Wx x1 + Wy Wx x2)",
    "1b": "phi_y(Wy (Wh^2 Wx x1 + Wh Wx x2 + Wx x3))",
    "1c": "phi_y(Wy sum(Wh^(T-i) Wx x_i, i=1..T))",
    "start": "phi_y(Wy Wh^2 h0 + Wy Wh Wx x1 + Wy Wx x2)",
    "bias": "phi_y(Wy (Wh Wx x1 + Wh b + Wx x2 + b))",
}
WIDER = "document.scrollingElement.scrollWidth > document.scrollingElement.clientWidth"

Look = Callable[[Page, str], None]  # what to do with the page at each stage


def give(place: Locator, task: Task, question: Question, part: str, *, right: bool) -> None:
    """Fill in a right or a wrong answer."""
    seed = StudyProgress().task_seed(question.id)
    match task:
        case Choice():
            shown = [option.right for option in shown_options(task, seed)]
            place.get_by_role("radiogroup").locator("label").nth(shown.index(right)).click()
        case Order():
            mixed = shuffled(task.items, seed)
            again = place.get_by_role("button", name="Start again")
            if again.is_enabled():
                again.click()
                expect(again).to_be_disabled()
            for item in task.items if right else mixed:
                line = place.locator(f".st-key-{question.id}-1-{part}-given-{mixed.index(item)}")
                line.get_by_role("button").click()
                expect(line).to_contain_text(re.compile(r"^\d"))
        case Number() | Expression():
            number = draw(task.variant, seed).answer if isinstance(task, Number) else 0
            formula = FORMULAS[task.grade_as] if isinstance(task, Expression) else ""
            box = place.get_by_role("textbox")
            box.fill((formula or repr(number)) if right else (formula and "phi_y(x1)") or "7e30")
            box.press("Enter")
        case Quantity():
            box = place.get_by_role("textbox")
            box.fill(written(draw_quantity(task.variant, seed)) if right else "7")
            box.press("Enter")
        case Bug():
            line, symptom = task.right
            lines, seen = place.get_by_role("radiogroup").all()[:2]
            lines.locator("label").nth(task.code.index(line)).click()
            other = next(option.text for option in task.symptoms if not option.right)
            shown = shown_symptoms(task, seed)  # a label may be a formula, unlike its text
            seen.locator("label").nth(shown.index(symptom if right else other)).click()
        case Match():
            settings = right_settings(task, seed)
            for i, setting in enumerate(settings if right else settings[::-1]):
                choose(place.get_by_role("combobox").nth(i), setting)
                wait_ready(place.page)
        case Rubric():
            box = place.get_by_role("textbox")
            box.fill(KNOWS[question.id] if right else "I have not thought about it yet.")
            box.press("Control+Enter")


def choose(box: Locator, setting: str) -> None:
    """Open the list of a box and choose. A list closes when the page scrolls, and a click on a box
    that is out of view scrolls it: then it is opened once more."""
    option = box.page.get_by_role("option", name=setting, exact=True)

    def opened() -> None:
        if box.get_attribute("aria-expanded") != "true":
            box.click()
        expect(option).to_be_visible(timeout=2_000)

    until(opened)
    option.click()
    expect(box).to_have_value(setting)


def work_through(page: Page, name: str, look: Look) -> None:
    """One question: the prediction, the experiment, every check wrong and then right."""
    question = shipped()[name]
    expect(page.get_by_role("heading", name=f"{name} · ")).to_be_visible()
    give(page.locator("body"), question.predict, question, "predict", right=False)
    page.get_by_role("button", name="Keep my prediction").click()
    expect(page.get_by_role("heading", name="3 · Check")).to_be_visible()
    look(page, f"{name}-predicted")
    for i, task in enumerate(question.checks):
        part = f"check-{i}"
        place = page.locator(f".st-key-open-check-{i}")
        for right in (False, True):
            give(place, task, question, part, right=right)
            wait_ready(page)
            place.get_by_role("button", name="Check my answer").click()
            if not right:
                expect(place.get_by_role("alert")).to_be_visible()
                look(page, f"{name}-wrong-{i}")
        expect(place).to_have_count(0)
    expect(page.get_by_role("heading", name="4 · Model answer")).to_be_visible()
    wait_ready(page)
    look(page, f"{name}-answer")


def no_wider_than_the_window(page: Page, stage: str) -> None:
    assert not page.evaluate(WIDER), stage


@pytest.mark.parametrize("name", ["1b", "1d", "4i", "5a"])
def test_a_question_is_worked_through_on_a_phone(
    name: str, phone_page: Page, dashboard_url: str
) -> None:
    open_page(phone_page, dashboard_url, "study", f"q={name}")
    work_through(phone_page, name, no_wider_than_the_window)
    no_errors(phone_page)


@pytest.mark.long
def test_all_questions_are_worked_through_on_a_phone(phone_page: Page, dashboard_url: str) -> None:
    open_page(phone_page, dashboard_url, "study")
    phone_page.get_by_role("link", name=re.compile("^1a Unroll two steps")).click()
    for name in shipped():
        work_through(phone_page, name, no_wider_than_the_window)
        no_errors(phone_page)
        following = phone_page.get_by_role("link", name="Next question")
        if name != list(shipped())[-1]:
            following.click()
    expect(
        phone_page.get_by_text(f"You have earned all {len(shipped())} questions")
    ).to_be_visible()
    expect(phone_page.get_by_text(f"{len(shipped())} of {len(shipped())} earned")).to_be_visible()
