"""A class in a browser: opened, handed in on a phone, a short test, the table, files, deleted."""

import csv
import io
import re
from datetime import UTC, datetime

from playwright.sync_api import Page, expect

from core.study.progress import StudyProgress
from core.study.question import shipped
from core.study.summary import summary_html
from tests.browser.axe import barriers
from tests.browser.conftest import Windows
from tests.browser.waiting import no_errors, open_page, wait_ready


def test_a_class_from_its_opening_to_its_end(
    windows: Windows, page: Page, dashboard_url: str
) -> None:
    open_page(page, dashboard_url, "study")
    page.get_by_role("button", name="Class", exact=True).click()
    page.get_by_role("textbox", name="Name of the class").fill("Deep Learning")
    page.get_by_role("textbox", name="Name of the class").press("Enter")
    page.get_by_role("button", name="Open a class").click()
    page.wait_for_url(re.compile("host="))
    expect(page.get_by_role("heading", name="Class Deep Learning")).to_be_visible()
    wait_ready(page)
    code = re.search(r"class=(\w+)", page.url)[1]
    page.get_by_role("tab", name="Did it help?").click()
    page.get_by_text("Offer short tests to this class").click()
    wait_ready(page)
    assert barriers(page) == []

    with windows.phone() as phone:
        open_page(phone, dashboard_url, "study", query=f"class={code}&test=rnn")
        for field in phone.get_by_role("textbox").all():
            field.fill("1")
        phone.get_by_role("button", name="Send").click()
        expect(phone.get_by_text("right in the test before")).to_be_visible()
        assert barriers(phone) == []

        open_page(phone, dashboard_url, "study", query=f"class={code}")
        phone.get_by_role("button", name="Hand in", exact=True).click()
        name = phone.get_by_role("textbox", name="Your name or pseudonym")
        name.fill("Ada")
        name.press("Enter")
        phone.get_by_role("button", name="Hand in", exact=True).last.click()
        expect(phone.get_by_text("you handed in as Ada")).to_be_visible()
        phone.reload()
        expect(phone.get_by_text("you handed in as Ada")).to_be_visible()
        assert barriers(phone) == []

        page.get_by_role("tab", name="Results").click()
        page.get_by_role("button", name="Refresh").click()
        expect(page.get_by_text("1 student has handed in.")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("button", name="CSV for Canvas").click()
        text = download.value.path().read_text(encoding="utf-8")
        assert [row[0].strip() for row in csv.reader(io.StringIO(text))] == [
            "Student", "Points Possible", "Ada",
        ]  # fmt: skip

        phone.get_by_role("button", name="Hand in", exact=True).click()
        phone.get_by_role("button", name="Delete what is mine").click()
        expect(phone.get_by_text("you have not handed in yet")).to_be_visible()
        no_errors(phone)

    good = summary_html("Grace", StudyProgress(), shipped(), datetime.now(UTC)).encode()
    page.get_by_role("tab", name="Check files").click()
    page.locator("input[type=file]").set_input_files(
        [
            {"name": "grace.html", "mimeType": "text/html", "buffer": good},
            {
                "name": "forged.html",
                "mimeType": "text/html",
                "buffer": good.replace(b"not begun", b"right"),
            },
        ]
    )
    expect(page.get_by_text("1 accepted, 1 refused.")).to_be_visible()
    expect(page.get_by_text("forged.html").first).to_be_visible()

    page.get_by_role("tab", name="Invite and settings").click()
    page.get_by_role("button", name="Delete the class").click()
    page.get_by_role("button", name="Delete everything now").click()
    expect(page.get_by_role("heading", name="Study", exact=True)).to_be_visible()
    expect(page).not_to_have_url(re.compile("host="))
    no_errors(page)
