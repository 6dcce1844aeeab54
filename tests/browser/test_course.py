"""The course in a browser: from its first click to its last lesson, and back to where one was."""

import re

from playwright.sync_api import Page, expect

from dashboard import lessons
from tests.browser.waiting import no_errors, open_page, wait_ready


def test_a_first_visitor_reaches_an_experiment_in_two_clicks_and_then_lesson_after_lesson(
    page: Page, dashboard_url: str
) -> None:
    open_page(page, dashboard_url)
    page.get_by_role("button", name="Begin with stop 1").click()
    page.wait_for_url(re.compile("/rnn"))
    wait_ready(page)
    node = page.locator(".net .node.input").nth(1)
    expect(node).to_be_in_viewport()
    before = page.url
    node.click()
    page.wait_for_url(lambda url: url != before)  # the experiment moved, and so did its link
    no_errors(page)
    for stop in lessons.COURSE:
        for name in stop.lessons:
            end = page.locator(".st-key-page-end")
            expect(end.get_by_role("link", name=f"{stop.earns[0]} · ")).to_have_attribute(
                "href", re.compile(rf"study\?q={stop.earns[0]}")
            )
            if following := lessons.after(name):
                end.get_by_role("link", name=following.title).click()
                page.wait_for_url(re.compile(f"/{following.name}"))
                wait_ready(page)
    no_errors(page)


def test_a_visitor_who_comes_back_goes_on_where_they_stopped(
    page: Page, dashboard_url: str
) -> None:
    open_page(page, dashboard_url, "vit")
    page.wait_for_function("localStorage.getItem('unrolled-last-lesson') === 'vit'")
    second = page.context.new_page()
    open_page(second, dashboard_url)
    again = second.get_by_role("button", name="Continue with stop 4: Vision Transformer")
    expect(again).to_be_visible()
    expect(second.locator(".card[aria-current=step]")).to_contain_text("Pictures as tokens")
    again.click()
    second.wait_for_url(re.compile("/vit"))
    no_errors(second)
